// A region of its own for the test: `region up` on a temporary state folder and free ports.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const START_MS = 60_000;

/** Starts a region; `binary` is the built `region` program, `fields` are of its configuration (`proxy.domain=…`). */
export async function startRegion(binary, fields = []) {
  const state = mkdtempSync(join(tmpdir(), "qj-"));
  const settings = fields.flatMap((field) => ["--set", field]);
  const child = spawn(binary, ["up", "--state", state, "--api-port", "0", "--proxy-port", "0", "--json", ...settings], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const up = await firstJsonLine(child);
  const key = readFileSync(up.key_file, "utf8").trim();
  return { ...up, key, state, login: () => login(binary, state), stop: () => stop(child, state) };
}

/** A new link to the console. */
async function login(binary, state) {
  const { stdout } = await promisify(execFile)(binary, ["login", "--state", state, "--json"]);
  return JSON.parse(stdout).console_url;
}

function firstJsonLine(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("region up said nothing in time")), START_MS);
    child.once("exit", (code) => reject(new Error(`region up ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      clearTimeout(timer);
      resolve(JSON.parse(line));
    });
  });
}

async function stop(child, state) {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
  rmSync(state, { recursive: true, force: true });
}

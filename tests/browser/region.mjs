// A region of its own for the test: `region up` on a temporary state folder and free ports.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const START_MS = 60_000;

/** Starts a region; `binary` is the built `region` program. */
export async function startRegion(binary) {
  const state = mkdtempSync(join(tmpdir(), "qj-"));
  const child = spawn(binary, ["up", "--state", state, "--api-port", "0", "--proxy-port", "0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const up = await firstJsonLine(child);
  const key = readFileSync(up.key_file, "utf8").trim();
  return { ...up, key, state, stop: () => stop(child, state) };
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

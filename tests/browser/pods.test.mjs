// A student's day against a region of pods: scripts/cluster-tests has it installed and says by the environment where it is.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, person, picture } from "./chromium.mjs";
import { download, upload } from "./files.mjs";
import { platform } from "./platform.mjs";
import { prompt, sees, type } from "./terminal.mjs";
import { until } from "./until.mjs";

const { REGION_API, REGION_KEY, REGION_PROXY, REGION_AUTHORITY, MACHINE_IMAGE } = process.env;
// Binds 127.0.0.1 alone, counts by a WebSocket and echoes.
const WEB_APP = readFileSync(fileURLToPath(new URL("../../region/templates/web-app.py", import.meta.url)), "utf8");
const OWN_PORT = 3004;

const TEMPLATE = {
  machines: [
    {
      name: "main",
      runs: { container: { image: MACHINE_IMAGE, command: ["/usr/bin/python3", "-u", "-c", WEB_APP] } },
      resources: { cpu_millis: 250, memory_mib: 256 },
      home: { path: "/home/student", size_mib: 64 },
      apps: [
        { name: "terminal", kind: "terminal", command: ["/bin/bash", "--norc"] },
        { name: "web", kind: "http", port: 8000 },
        { name: "dev", kind: "http", ports: [3000, 3999] },
      ],
      ready: { http: { app: "web", path: "/healthz", status: 200 } },
      start_deadline_s: 60,
    },
  ],
  policy: { lifetime_s: 14400, max_lifetime_s: 28800, keep_home_days: 1 },
};

let api, browser, context, id, folder;

before(async () => {
  api = platform({ api_url: REGION_API, key: REGION_KEY });
  // The apps' names lead to the proxy's Service, as a wildcard record would.
  browser = await launch([`--host-resolver-rules=MAP *.localhost ${REGION_PROXY}`], REGION_AUTHORITY);
  context = await person(browser);
  folder = await mkdtemp(join(tmpdir(), "qj-"));
  await api.publish("day", TEMPLATE);
  ({ id } = await api.create("day", "day"));
  await api.phase(id, "ready");
});

after(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
  for (const sandbox of (await api?.list()) ?? []) await api.delete(sandbox.id);
});

const enter = async (app, port) => {
  const page = await context.newPage();
  await page.goto(await api.access(id, app, port));
  return page;
};

const terminal = async () => {
  const page = await enter("terminal");
  await prompt(page);
  return page;
};

test("a terminal of a pod, and files that go in and out", async () => {
  const page = await terminal();
  await type(page, page, "echo once-$((1+1))", "once-2");
  await page.reload();
  await sees(page, "once-2");
  const local = join(folder, "homework.txt");
  writeFileSync(local, "my homework\n");
  await upload(page, page, local);
  await type(page, page, "cat ~/homework.txt", "my homework");
  assert.equal(await download(page, page, "homework.txt"), "my homework\n");
  await picture(page, "pods-terminal");
  await page.close();
});

test("a web app that binds loopback alone, with its WebSocket", async () => {
  const page = await context.newPage();
  const frames = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(String(payload))));
  await page.goto(await api.access(id, "web"));
  await until("the app counts", () => frames.some((frame) => frame.includes("count")));
  await page.locator("#text").fill("hello pod");
  await page.keyboard.press("Enter");
  await page.locator("#log", { hasText: "hello pod" }).waitFor();
  await picture(page, "pods-web-app");
  await page.close();
});

test("a port of the student's own", async () => {
  const page = await terminal();
  const serve = `python3 -m http.server ${OWN_PORT} -d site >/dev/null 2>&1 &`;
  await type(page, page, `mkdir -p site; echo own-$((40+2)) >site/index.html; ${serve} echo started-$((1+1))`, "started-2");
  await type(page, page, `until echo >/dev/tcp/127.0.0.1/${OWN_PORT}; do :; done 2>/dev/null; echo open-$((1+2))`, "open-3");
  const own = await enter("dev", OWN_PORT);
  await until("the student's page", async () => (await own.locator("body").innerText()).includes("own-42"));
  assert.ok(new URL(own.url()).hostname.startsWith(`dev-${OWN_PORT}--`));
  await picture(own, "pods-own-port");
  await own.close();
  await page.close();
});

test("what stop and start keep, reset takes, and delete ends", async () => {
  const page = await terminal();
  await api.command(id, "stop");
  await api.phase(id, "stopped");
  await until("the page says that it stopped", async () => /stop/i.test(await page.locator("body").innerText()));
  await picture(page, "pods-stopped");
  await api.command(id, "start");
  await api.phase(id, "ready");
  const again = await terminal();
  await type(again, again, "cat ~/homework.txt && echo kept-$((2+1))", "kept-3");
  await api.command(id, "reset");
  await api.settled(id);
  const empty = await terminal();
  await type(empty, empty, "test -e ~/homework.txt || echo gone-$((2+2))", "gone-4");
  await api.delete(id);
  await api.phase(id, "deleted");
  await until("the page says that it is gone", async () => /removed/i.test(await empty.locator("body").innerText()));
  await picture(empty, "pods-deleted");
});

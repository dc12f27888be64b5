// A student's day in a real browser, from the first prompt to a deleted sandbox.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, person, picture } from "./chromium.mjs";
import { download, drop, upload } from "./files.mjs";
import { platform } from "./platform.mjs";
import { startRegion } from "./region.mjs";
import { connected, prompt, sees, type } from "./terminal.mjs";
import { until } from "./until.mjs";

const LOOKS = [
  { locale: "zh-CN", colorScheme: "light" },
  { locale: "zh-CN", colorScheme: "dark" },
  { locale: "en-US", colorScheme: "light" },
  { locale: "en-US", colorScheme: "dark" },
];
const nameOf = ({ locale, colorScheme }) => `${locale.slice(0, 2)}-${colorScheme}`;

const REENTRY = "http://classroom.localhost/lesson";
// Near its end from the start.
const SHORT = {
  machines: [
    {
      name: "main",
      runs: { process: { command: [] } },
      resources: { cpu_millis: 100, memory_mib: 64 },
      apps: [{ name: "terminal", kind: "terminal" }],
    },
  ],
  policy: { lifetime_s: 240, max_lifetime_s: 7200, keep_home_days: 1 },
};

let region, api, browser, notebook, failing;

before(async () => {
  region = await startRegion(process.env.REGION, [`proxy.reentry_url=${REENTRY}`]);
  api = platform(region);
  // These take their time, which others need not wait for.
  notebook = await api.create("notebook", "notebook");
  failing = await api.create("looks-failed", "fails-on-purpose");
  browser = await launch();
});

after(async () => {
  await api?.clear();
  await browser?.close();
  await region?.stop();
});

test("what was typed survives a reload, files go in and out, and stop, start and reset do what they say", async () => {
  const { id } = await api.create("student", "linux-shell");
  await api.phase(id, "ready");
  const context = await person(browser);
  const page = await context.newPage();
  await page.goto(await api.access(id, "terminal"));
  await prompt(page);
  await type(page, page, "echo once-$((1+1))", "once-2");
  await page.reload();
  await sees(page, "once-2");
  await picture(page, "terminal-reloaded");

  const [homework, notes] = ["homework", "notes"].map((name) => join(region.state, `${name}.txt`));
  writeFileSync(homework, "my homework\n");
  writeFileSync(notes, "my notes\n");
  await upload(page, page, homework);
  await drop(page, notes);
  await type(page, page, "cat ~/homework.txt ~/notes.txt && echo there-$((4+4))", "there-8");
  await sees(page, "my notes");
  await picture(page, "terminal-uploaded");
  assert.equal(await download(page, page, "homework.txt"), "my homework\n");

  await api.command(id, "stop", { wake: true });
  await page.getByRole("heading", { name: "Your environment is stopped" }).waitFor();
  await picture(page, "terminal-stopped");
  await page.getByRole("button", { name: "Start the environment" }).click();
  await connected(page);
  await type(page, page, "cat ~/homework.txt && echo kept-$((2+1))", "kept-3");
  await api.command(id, "reset");
  await api.settled(id);
  await page.goto(await api.access(id, "terminal"));
  await prompt(page);
  await type(page, page, "test -e ~/homework.txt || echo gone-$((2+2))", "gone-4");
  await api.delete(id);
  await api.phase(id, "deleted");
  await page.getByRole("heading", { name: "Your environment was removed" }).waitFor();
  await picture(page, "terminal-removed");
  await context.close();
});

test("a spent ticket goes on with a cookie, and without one leads back to the platform", async () => {
  const { id } = await api.create("spent", "linux-shell");
  const url = await api.access(id, "terminal");
  const [first, other] = [await person(browser), await person(browser)];
  const page = await first.newPage();
  await page.goto(url);
  await prompt(page);
  await page.goto("about:blank");
  await page.goto(url);
  await prompt(page);
  const stranger = await other.newPage();
  await stranger.goto(url);
  await stranger.getByRole("heading", { name: "This link has already been used" }).waitFor();
  await picture(stranger, "enter-spent");
  const back = stranger.getByRole("link", { name: "Go back to the classroom" });
  assert.equal(await back.getAttribute("href"), `${REENTRY}?ref=spent`);
  await first.close();
  await other.close();
});

test("before the end the page asks, and keep working moves the end", async () => {
  await api.publish("short", SHORT);
  const { id, expires_at } = await api.create("short", "short");
  await api.phase(id, "ready");
  const context = await person(browser);
  const page = await context.newPage();
  await page.goto(await api.access(id, "terminal"));
  await page.getByText("Please save your work").waitFor();
  await picture(page, "terminal-ending");
  await page.getByRole("button", { name: "Keep working" }).click();
  await page.getByText("you can go on until").waitFor();
  assert.ok((await api.get(id)).expires_at > expires_at);
  await context.close();
});

test("a web app and its WebSocket work", async () => {
  const { id } = await api.create("web", "web-app");
  await api.phase(id, "ready");
  const context = await person(browser);
  const page = await context.newPage();
  const sockets = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => sockets.push(String(payload))));
  const app = (await api.get(id)).apps.find(({ kind }) => kind === "http").name;
  await page.goto(await api.access(id, app));
  await until("a frame from the app's WebSocket", () => sockets.length > 0);
  await picture(page, "web-app");
  assert.ok(!(await page.evaluate(() => document.cookie)).includes("__Host-qj"));
  await context.close();
});

test("a notebook runs a cell", async () => {
  const { id } = notebook;
  await api.phase(id, "ready");
  const context = await person(browser);
  const tree = await context.newPage();
  await tree.goto(await api.access(id, "notebook"));
  await tree.locator("#new-buttons button").first().click();
  const opened = context.waitForEvent("page");
  await tree.locator("#kernel-python3 a").click();
  const page = await opened;
  // What is run before its kernel answers is lost.
  await page.locator("#kernel_indicator_icon.kernel_idle_icon").waitFor({ timeout: 60_000 });
  await page.locator(".CodeMirror").first().click();
  await page.keyboard.type("print('cell-%d' % (40 + 2))");
  await page.keyboard.press("Shift+Enter");
  await page.locator(".output_area", { hasText: "cell-42" }).first().waitFor({ timeout: 60_000 });
  await picture(page, "notebook");
  await api.delete(id);
  await context.close();
});

test("the pages look right in both languages and both colour schemes", async () => {
  const { id } = await api.create("looks", "linux-shell");
  await api.phase(id, "ready");
  await api.phase(failing.id, "failed");
  await Promise.all(LOOKS.map((look) => pictures(id, look)));
});

async function pictures(id, look) {
  const context = await person(browser, look);
  const page = await context.newPage();
  await page.goto(await api.access(id, "terminal"));
  await prompt(page);
  await picture(page, `terminal-${nameOf(look)}`);
  const slow = await api.create(`looks-slow-${nameOf(look)}`, "slow-on-purpose");
  for (const [name, sandbox] of [["starting", slow], ["failed", failing]]) {
    await page.goto(await api.access(sandbox.id, sandbox.apps[0].name));
    await page.locator("main h1").waitFor();
    await picture(page, `waiting-${name}-${nameOf(look)}`);
  }
  await api.delete(slow.id);
  await context.clearCookies();
  await page.goto((await api.get(id)).apps[0].url);
  await page.locator("main").waitFor();
  await picture(page, `denied-${nameOf(look)}`);
  await context.close();
}

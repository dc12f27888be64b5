// A student's and an operator's day in a real browser, from the console to a deleted sandbox.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, person, picture } from "./chromium.mjs";
import { platform } from "./platform.mjs";
import { startRegion } from "./region.mjs";
import { prompt, sees, type } from "./terminal.mjs";
import { until } from "./until.mjs";

const LOOKS = [
  { locale: "zh-CN", colorScheme: "light" },
  { locale: "zh-CN", colorScheme: "dark" },
  { locale: "en-US", colorScheme: "light" },
  { locale: "en-US", colorScheme: "dark" },
];
const nameOf = ({ locale, colorScheme }) => `${locale.slice(0, 2)}-${colorScheme}`;

let region, api, browser;

before(async () => {
  region = await startRegion(process.env.REGION);
  api = platform(region);
  browser = await launch();
});

after(async () => {
  for (const { id } of (await api?.list()) ?? []) await api.delete(id);
  await until("all deleted", async () => (await api.list()).length === 0);
  await browser?.close();
  await region?.stop();
});

test("an operator creates from the console and opens the terminal", async () => {
  const context = await person(browser);
  const console = await context.newPage();
  await console.goto(region.console_url);
  await console.getByRole("button", { name: "New sandbox" }).first().click();
  const dialog = console.getByRole("dialog");
  await dialog.locator("select[name=template]").selectOption("linux-shell");
  await dialog.locator("input[name=ref]").fill("from-console");
  await picture(console, "console-create");
  await dialog.locator("button[type=submit]").click();
  // Its sheet opens beside the table, with every way in.
  const sheet = console.getByRole("dialog", { name: "from-console" });
  const open = sheet.getByRole("button", { name: /^Open/ });
  await sheet.locator(".badge.ready").first().waitFor({ timeout: 60_000 });
  await picture(console, "console-ready");
  const opened = context.waitForEvent("page");
  await open.click();
  const terminal = await opened;
  await terminal.waitForURL((url) => url.hostname.startsWith("terminal--"));
  await prompt(terminal);
  assert.doesNotMatch(terminal.url(), /ticket/, "the ticket has left the address bar");
  await type(terminal, terminal, "echo from-console-$((40+2))", "from-console-42");
  await context.close();
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

  const local = join(region.state, "homework.txt");
  writeFileSync(local, "my homework\n");
  await page.locator("input[type=file]").first().setInputFiles(local);
  await until("uploaded", async () => (await page.getByText("homework.txt").count()) > 0);
  await type(page, page, "until test -s ~/homework.txt; do :; done; cat ~/homework.txt", "my homework");
  await picture(page, "terminal-uploaded");
  const href = await page.evaluate(() => fetch("/_qj/files?path=homework.txt").then((r) => r.text()));
  assert.equal(href, "my homework\n");

  await api.command(id, "stop");
  await api.phase(id, "stopped");
  await until("the page says that it stopped", async () => /stop/i.test(await page.locator("body").innerText()));
  await picture(page, "terminal-stopped");
  await api.command(id, "start");
  await api.phase(id, "ready");
  await page.goto(await api.access(id, "terminal"));
  await prompt(page);
  await type(page, page, "cat ~/homework.txt && echo kept-$((2+1))", "kept-3");
  await api.command(id, "reset");
  await until("new generation", async () => { const s = await api.get(id); return s.phase === "ready" && s.observed_generation === s.generation; });
  await page.goto(await api.access(id, "terminal"));
  await prompt(page);
  await type(page, page, "test -e ~/homework.txt || echo gone-$((2+2))", "gone-4");
  await api.delete(id);
  await api.phase(id, "deleted");
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
  const { id } = await api.create("notebook", "notebook");
  await api.phase(id, "ready");
  const context = await person(browser);
  const tree = await context.newPage();
  await tree.goto(await api.access(id, "notebook"));
  await tree.locator("#new-buttons button").first().click();
  const opened = context.waitForEvent("page");
  await tree.locator("#kernel-python3 a").click();
  const notebook = await opened;
  // What is run before its kernel answers is lost.
  await notebook.locator("#kernel_indicator_icon.kernel_idle_icon").waitFor({ timeout: 60_000 });
  await notebook.locator(".CodeMirror").first().click();
  await notebook.keyboard.type("print('cell-%d' % (40 + 2))");
  await notebook.keyboard.press("Shift+Enter");
  await notebook.locator(".output_area", { hasText: "cell-42" }).first().waitFor({ timeout: 60_000 });
  await picture(notebook, "notebook");
  await api.delete(id);
  await context.close();
});

test("the console publishes a template, cordons and signs out", async () => {
  const context = await person(browser);
  const console = await context.newPage();
  await console.goto(await region.login());
  await console.getByRole("link", { name: "Templates" }).click();
  await console.getByRole("button", { name: "Publish a template" }).click();
  const dialog = console.getByRole("dialog");
  await dialog.locator("input[name=name]").fill("by-hand");
  await dialog.locator("textarea").fill('{\n  "machines": [{"name": "main"}]\n}');
  await dialog.locator("button[type=submit]").click();
  await dialog.locator(".field-error", { hasText: "machines[0]" }).first().waitFor();
  await picture(console, "console-publish");
  await dialog.locator("textarea").fill('{"machines": [{"name": "main", "runs": {"process": {"command": ["/bin/bash"]}}, "resources": {"cpu_millis": 100, "memory_mib": 64}}]}');
  await dialog.locator("button[type=submit]").click();
  await console.getByRole("heading", { name: "by-hand" }).waitFor();

  await console.getByRole("button", { name: "Cordon the region…" }).click();
  await dialog.locator("input[name=reason]").fill("maintenance");
  await dialog.locator("button[type=submit]").click();
  await console.locator(".cordoned", { hasText: "maintenance" }).waitFor();
  await assert.rejects(api.create("while-cordoned", "linux-shell"), /503/);
  await console.getByRole("button", { name: "Uncordon" }).click();
  await console.locator(".cordoned").waitFor({ state: "detached" });

  await console.getByRole("button", { name: "Sign out" }).click();
  await console.getByText("You are signed out.").waitFor();
  await console.reload();
  await console.getByText("Sign in to the console").waitFor();
  await context.close();
});

test("the pages look right in both languages and both colour schemes", async () => {
  const { id } = await api.create("looks", "linux-shell");
  await api.phase(id, "ready");
  const failed = await api.create("looks-failed", "fails-on-purpose");
  await api.phase(failed.id, "failed");
  for (const look of LOOKS) {
    const context = await person(browser, look);
    const page = await context.newPage();
    await page.goto(await api.access(id, "terminal"));
    await prompt(page);
    await picture(page, `terminal-${nameOf(look)}`);
    const slow = await api.create(`looks-slow-${nameOf(look)}`, "slow-on-purpose");
    for (const [name, sandbox] of [["starting", slow], ["failed", failed]]) {
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
});

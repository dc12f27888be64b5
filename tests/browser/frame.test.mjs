// The same inside an iframe on a page of another site, as a classroom embeds environments.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, person, picture } from "./chromium.mjs";
import { download, upload } from "./files.mjs";
import { platform } from "./platform.mjs";
import { startRegion } from "./region.mjs";
import { startSite } from "./site.mjs";
import { connected, prompt, sees, type } from "./terminal.mjs";
import { until } from "./until.mjs";

let region, api, browser, site, context, page, frame;

before(async () => {
  site = await startSite();
  region = await startRegion(process.env.REGION, [`proxy.reentry_url=${site.url}`]);
  api = platform(region);
  browser = await launch();
});

after(async () => {
  await api?.clear();
  await browser?.close();
  await region?.stop();
  await site?.stop();
});

beforeEach(async () => {
  context = await person(browser, { locale: "zh-CN" });
  page = await context.newPage();
  frame = page.frameLocator("iframe");
});

afterEach(() => context.close());

/** Waits until the embedding page has heard of it. */
const told = (what) =>
  until(`the parent is told: ${what}`, async () => (await page.locator("#messages").innerText()).includes(what));

test("a terminal in a frame: reload, files, stop and start, the way back after a reset, delete", async () => {
  const { id } = await api.create("framed", "linux-shell");
  await api.phase(id, "ready");
  site.embed(await api.access(id, "terminal"));
  await page.goto(site.url);
  await prompt(frame);
  await type(page, frame, "echo framed-$((3+4))", "framed-7");
  await told("ready framed");
  // Its ticket is spent now.
  await page.reload();
  await sees(frame, "framed-7");
  await picture(page, "frame-reloaded");

  const homework = join(region.state, "homework.txt");
  writeFileSync(homework, "my homework\n");
  await upload(page, frame, homework);
  assert.equal(await download(page, frame, "homework.txt"), "my homework\n");

  await api.command(id, "stop");
  await told("stopped framed");
  await picture(page, "frame-stopped");
  await api.command(id, "start");
  await connected(frame);
  await type(page, frame, "cat ~/homework.txt && echo kept-$((2+1))", "kept-3");

  await api.command(id, "reset");
  await told("expired framed");
  await picture(page, "frame-reset");
  // The link leaves the frame for the platform's page, which asks for a new ticket.
  site.embed(await api.access(id, "terminal"));
  await frame.getByRole("link", { name: "返回课堂重新进入" }).click();
  await page.waitForURL(`${site.url}?ref=framed`);
  await prompt(frame);
  await type(page, frame, "test -e ~/homework.txt || echo gone-$((2+2))", "gone-4");

  await api.delete(id);
  await frame.getByRole("heading", { name: "环境已被移除" }).waitFor();
  await picture(page, "frame-deleted");
});

test("a web app in a frame, with its WebSocket", async () => {
  const { id } = await api.create("framed-app", "web-app");
  site.embed(await api.access(id, "web"));
  await page.goto(site.url);
  // The waiting page goes into the app when it is ready.
  await frame.locator("#state", { hasText: "connected" }).waitFor();
  await frame.locator("#text").fill("hello from a frame");
  await page.keyboard.press("Enter");
  await frame.locator("#log", { hasText: "hello from a frame" }).waitFor();
  await page.reload();
  await frame.locator("#count", { hasText: /^\d+$/ }).waitFor();
  await picture(page, "frame-web-app");
});

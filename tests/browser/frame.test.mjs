// The same inside an iframe on a page of another site, reloaded.
import { after, before, test } from "node:test";
import { launch, person, picture } from "./chromium.mjs";
import { platform } from "./platform.mjs";
import { startRegion } from "./region.mjs";
import { startSite } from "./site.mjs";
import { prompt, sees, type } from "./terminal.mjs";
import { until } from "./until.mjs";

let region, api, browser, site;

before(async () => {
  region = await startRegion(process.env.REGION);
  api = platform(region);
  browser = await launch();
  site = await startSite();
});

after(async () => {
  for (const { id } of (await api?.list()) ?? []) await api.delete(id);
  await until("all deleted", async () => (await api.list()).length === 0);
  await browser?.close();
  await site?.stop();
  await region?.stop();
});

test("an environment in an iframe of another site works, tells its parent, and survives a reload with a spent ticket", async () => {
  const { id } = await api.create("framed", "linux-shell");
  await api.phase(id, "ready");
  site.embed(await api.access(id, "terminal"));
  const context = await person(browser, { locale: "zh-CN" });
  const page = await context.newPage();
  await page.goto(site.url);
  const frame = page.frameLocator("iframe");
  await prompt(frame);
  await type(page, frame, "echo framed-$((3+4))", "framed-7");
  await until("the parent is told", async () => (await page.locator("#messages").innerText()).includes("ready framed"));
  await page.reload();
  await sees(frame, "framed-7");
  await picture(page, "frame-reloaded");
  await api.command(id, "stop");
  await until("the parent is told", async () => (await page.locator("#messages").innerText()).includes("stopped framed"));
  await picture(page, "frame-stopped");
  await context.close();
});

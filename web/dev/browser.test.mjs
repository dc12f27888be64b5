// The pages in a real browser against the mock: `npm run build && npm run browser`. Needs Chromium.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch } from "./chromium.mjs";
import { startMock } from "./mock.mjs";

const AT_ONCE = 4;

let browser;

before(async () => (browser = await launch()));
after(() => browser.close());

/** A test with a page, and a mock of its own behind it. They wait more than they work, so several run at once. */
function pageTest(name, run) {
  test(name, async () => {
    const complaints = [];
    const mock = await startMock({ step_ms: 100 });
    const context = await browser.newContext({ locale: "en-GB", acceptDownloads: true });
    const openPage = () => open(context, mock, complaints);
    try {
      await run({ page: await openPage(), openPage, context, mock });
    } finally {
      await context.close();
      mock.stop();
    }
    assert.deepEqual(complaints, []);
  });
}

async function open(context, mock, complaints) {
  const opened = await context.newPage();
  opened.on("pageerror", (error) => complaints.push(String(error)));
  opened.on("console", (message) => /Content Security Policy/.test(message.text()) && complaints.push(message.text()));
  await opened.goto(mock.url);
  await connected(opened);
  return opened;
}

const connected = (where) => where.locator(".state.connected").waitFor();
const shows = (where, text) => where.locator(".xterm-rows").filter({ hasText: text }).waitFor();
const enter = async (where, text) => {
  await where.keyboard.type(text);
  await where.keyboard.press("Enter");
};
const screenOf = (where) => where.locator(".xterm-rows").innerText();
const times = (text, part) => text.split(part).length - 1;

describe("the pages", { concurrency: AT_ONCE }, () => {
  pageTest("a reload shows the same screen once", async ({ page }) => {
    await enter(page, "one-word");
    await shows(page, "one-word: command not found");
    await page.reload();
    await connected(page);
    await shows(page, "one-word: command not found");
    assert.equal(times(await screenOf(page), "one-word: command"), 1);
  });

  pageTest("what is typed while the network is away arrives once, also over a reload", async ({ page, context, mock }) => {
    await context.setOffline(true);
    mock.terminal.cut(1006);
    await page.locator(".state.reconnecting").waitFor();
    await page.keyboard.type("typed-offline");
    await context.setOffline(false);
    await shows(page, "typed-offline");
    mock.terminal.cut(1006);
    await page.keyboard.type("-and-on");
    await page.reload();
    await shows(page, "typed-offline-and-on");
    assert.equal(times(await screenOf(page), "typed-offline"), 1);
  });

  pageTest("answers of the terminal are not typed again when old output is replayed", async ({ page, mock }) => {
    await enter(page, "ask");
    await shows(page, "[?1;2c");
    const before = mock.terminal.line;
    await page.reload();
    await connected(page);
    await shows(page, "[?1;2c");
    assert.equal(mock.terminal.line, before);
  });

  pageTest("two tabs share a terminal, and a duplicated tab gets a name of its own", async ({ page, context, mock }) => {
    const storage = await page.evaluate(() => Object.entries(sessionStorage));
    const second = await context.newPage();
    await second.goto(`${mock.url}/denied`);
    await second.evaluate((items) => items.forEach(([key, value]) => sessionStorage.setItem(key, value)), storage);
    await second.goto(mock.url);
    await connected(second);
    await enter(second, "from-second");
    await shows(page, "from-second: command not found");
    await enter(page, "from-first");
    await shows(second, "from-first: command not found");
  });

  pageTest("a smaller window rules the size, and the larger one says so", async ({ page, openPage }) => {
    const second = await openPage();
    await second.setViewportSize({ width: 500, height: 400 });
    await page.getByText("Sized to a smaller window").waitFor();
    await second.close();
  });

  pageTest("an ended program starts again with Enter", async ({ page }) => {
    await enter(page, "exit");
    await page.locator(".state.ended").waitFor();
    await page.keyboard.press("Enter");
    await connected(page);
    await shows(page, "student@main");
  });

  pageTest("a stopped sandbox is shown, waits for a click and comes back", async ({ page, mock }) => {
    mock.status.set({ phase: "stopped", wanted: "stopped" });
    mock.terminal.cut(4001);
    await page.getByRole("heading", { name: "Your environment is stopped" }).waitFor();
    mock.terminal.restart();
    await page.getByRole("button", { name: "Start the environment" }).click();
    await page.getByRole("heading", { name: "You’re in the queue" }).waitFor();
    await connected(page);
    await enter(page, "back");
    await shows(page, "back: command not found");
  });

  pageTest("the end of access is said, with a way back", async ({ page, mock }) => {
    mock.status.set({ phase: "denied" });
    await page.getByRole("link", { name: "Go back to the classroom" }).waitFor();
  });

  pageTest("a ticket that can't be redeemed is said in words, with the way back to the platform", async ({ page, mock }) => {
    const refusals = { spent: "has already been used", expired: "has expired", unknown: "isn’t valid" };
    for (const [ticket, words] of Object.entries(refusals)) {
      // Another page first: an address that differs in its fragment alone would load nothing.
      await page.goto(`${mock.url}/denied`);
      await page.goto(`${mock.url}/_qj/enter#ticket=${ticket}`);
      await page.getByRole("heading", { name: `This link ${words}` }).waitFor();
      const back = page.getByRole("link", { name: "Go back to the classroom" });
      assert.equal(await back.getAttribute("href"), mock.status.current.reentry_url);
      assert.equal(await back.getAttribute("target"), "_top");
      assert.doesNotMatch(page.url(), /ticket/);
    }
  });

  pageTest("a ticket that is good leads in", async ({ page, mock }) => {
    await page.goto(`${mock.url}/denied`);
    await page.goto(`${mock.url}/_qj/enter#ticket=good`);
    await connected(page);
  });

  pageTest("a removed sandbox is said, and what to do is said once", async ({ page, mock }) => {
    mock.status.set({ phase: "deleted", wanted: "deleted", reentry_url: null });
    await page.getByRole("heading", { name: "Your environment was removed" }).waitFor();
    assert.equal(times(await page.locator(".overlay").innerText(), "classroom"), 1);
  });

  pageTest("keep working extends", async ({ page, mock }) => {
    mock.status.set({ expires_at: new Date(Date.now() + 120_000).toISOString() });
    await page.getByRole("button", { name: "Keep working" }).click();
    await page.getByText("you can go on until").waitFor();
    assert.ok(Date.parse(mock.status.current.expires_at) > Date.now() + 600_000);
  });

  pageTest("files go up and come down", async ({ page, mock }) => {
    const content = "x".repeat(300_000);
    await page.locator("input[type=file]").setInputFiles({ name: "up.txt", mimeType: "text/plain", buffer: Buffer.from(content) });
    await page.locator(".upload.done").waitFor();
    assert.equal(mock.files.files.get("up.txt").length, content.length);
    await page.getByRole("button", { name: "Files", exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "up.txt" }).click()]);
    assert.equal(download.suggestedFilename(), "up.txt");
    await page.locator("input[type=file]").setInputFiles({ name: "up.txt", mimeType: "text/plain", buffer: Buffer.from("new") });
    await page.getByRole("button", { name: "Replace" }).click();
    await page.locator(".upload.done").nth(1).waitFor();
    assert.equal(mock.files.files.get("up.txt").toString(), "new");
  });

  pageTest("a file that can't be had is said, and the terminal stays", async ({ page, mock }) => {
    await page.getByRole("button", { name: "Files", exact: true }).click();
    const link = page.getByRole("link", { name: "main.py" });
    await link.waitFor();
    mock.files.files.delete("main.py");
    await link.click();
    await page.getByText("The file can’t be downloaded").waitFor();
    await connected(page);
  });

  pageTest("files that are dropped go up", async ({ page, mock }) => {
    const dataTransfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      for (const name of ["one.txt", "two.txt"]) data.items.add(new File([`dropped ${name}`], name));
      return data;
    });
    await page.dispatchEvent("body", "dragenter", { dataTransfer });
    await page.getByText("Drop to upload to").waitFor();
    await page.dispatchEvent("body", "drop", { dataTransfer });
    await page.getByText("Drop to upload to").waitFor({ state: "detached" });
    await page.locator(".upload.done").nth(1).waitFor();
    for (const name of ["one.txt", "two.txt"]) assert.equal(mock.files.files.get(name).toString(), `dropped ${name}`);
  });

  pageTest("the keyboard leaves the terminal and reaches the tools", async ({ page }) => {
    await page.keyboard.press("Control+Shift+F6");
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Smaller text");
  });

  pageTest("the waiting page goes into the app when it is ready; the parent hears of it in a frame", async ({ page, mock }) => {
    mock.status.set({ phase: "starting" });
    await page.goto(`${mock.url}/denied`);
    await page.evaluate(() => {
      globalThis.heard = [];
      addEventListener("message", ({ data }) => globalThis.heard.push(`${data.source} ${data.type} ${data.ref}`));
      document.body.innerHTML = '<iframe src="/"></iframe>';
    });
    const frame = page.frameLocator("iframe");
    await frame.getByRole("heading", { name: "Getting your environment ready" }).waitFor();
    mock.status.set({ phase: "ready" });
    await frame.locator(".state.connected").waitFor({ state: "attached" });
    await page.waitForFunction(() => globalThis.heard.includes("qingjiao ready c42-s7"));
  });

  pageTest("the console creates, shows the phases live, and deletes after asking", async ({ page, mock }) => {
    await page.goto(`${mock.url}/console#code=good`);
    await page.getByRole("button", { name: "New sandbox" }).click();
    await page.getByLabel("Template").selectOption("linux-shell");
    await page.getByLabel("Name (ref)").fill("my-try");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const sheet = page.locator(".sheet");
    await sheet.locator(".sheet-phase .badge.ready").waitFor();
    await sheet.getByRole("button", { name: "Delete" }).click();
    await page.locator("dialog .button.danger").click();
    await sheet.getByText("This sandbox is gone.").waitFor();
  });
});

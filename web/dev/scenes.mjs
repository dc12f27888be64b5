const small = { width: 390, height: 780 };
const wide = { width: 1360, height: 820 };
const CAUSE = {
  slug: "image_pull_slow",
  stage: "provisioning",
  who: "operator",
  retryable: true,
  text: { zh: "这次要下载的镜像比较大，需要多等一会儿。", en: "The image is large this time; downloading it takes a while." },
  next: { zh: "不用做什么，下载完会自动继续。", en: "Nothing to do: it goes on by itself when the download is done." },
};
const CRASH = {
  slug: "start_deadline",
  stage: "starting",
  who: "teacher",
  retryable: true,
  text: { zh: "程序在 120 秒内没有准备好。", en: "The program did not become ready within 120 seconds." },
  next: { zh: "请再试一次；如果还不行，请告诉老师。", en: "Please try again; if it happens again, tell your teacher." },
};

const waiting = (wish) => async ({ page, mock }) => {
  mock.status.set(wish);
  await page.goto(mock.url);
  await page.locator("h1").waitFor();
};
const entering = (ticket) => async ({ page, mock }) => {
  await page.goto(`${mock.url}/_qj/enter#ticket=${ticket}`);
  await page.locator(ticket === "slow" ? ".opening" : "h1").waitFor();
};
const type = async (page, text) => {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
};
const terminal = (play) => async (scene) => {
  await scene.page.goto(scene.mock.url);
  await scene.page.locator(".state.connected").waitFor();
  await play(scene);
};

const operating = (play = () => undefined, prepare = () => undefined) => async (scene) => {
  prepare(scene);
  await scene.page.goto(`${scene.mock.url}/console#code=good`);
  await scene.page.locator(".filters").waitFor();
  await scene.page.locator("tbody tr, .empty .button").first().waitFor();
  await play(scene);
};

/** What to look at. */
export const scenes = [
  { name: "enter-opening", play: entering("slow") },
  { name: "enter-spent", play: entering("spent") },
  { name: "enter-expired", play: entering("expired") },
  { name: "enter-away", play: entering("away") },
  { name: "denied", play: async ({ page, mock }) => (mock.status.set({ phase: "denied" }), await page.goto(`${mock.url}/denied`), await page.locator(".button").waitFor()) },
  { name: "waiting-queued", play: waiting({ phase: "queued", queue: { place: 3, estimate_s: [20, 60] } }) },
  { name: "waiting-queued-phone", viewport: small, play: waiting({ phase: "queued", queue: { place: 12, estimate_s: [120, 300] } }) },
  { name: "waiting-cause", play: waiting({ phase: "provisioning", cause: CAUSE }) },
  { name: "waiting-failed", play: waiting({ phase: "failed", cause: CRASH }) },
  { name: "waiting-stopped", play: waiting({ phase: "stopped", wanted: "stopped" }) },
  { name: "waiting-removed", play: waiting({ phase: "deleted", wanted: "deleted", reentry_url: null }) },
  { name: "terminal", play: terminal(async ({ page }) => { await type(page, "ls"); await type(page, "colors"); await page.getByText("true colour").first().waitFor(); }) },
  { name: "terminal-banner-files", play: terminal(async ({ page, mock }) => {
    await page.locator(".tools button").last().click();
    await page.locator(".file").first().waitFor();
    mock.status.set({ idle_stop_at: new Date(Date.now() + 170_000).toISOString() });
    await page.locator(".banner").waitFor();
    await page.locator("input[type=file]").setInputFiles([
      { name: "homework.zip", mimeType: "application/zip", buffer: Buffer.alloc(9_000_000) },
      { name: "photo.png", mimeType: "image/png", buffer: Buffer.alloc(1000) },
    ]);
    await page.locator(".upload.sending").waitFor();
  }) },
  { name: "terminal-stopped", play: terminal(async ({ page, mock }) => {
    await type(page, "ls");
    mock.status.set({ phase: "stopped", wanted: "stopped" });
    mock.terminal.cut(4001);
    await page.locator(".overlay").waitFor();
  }) },
  { name: "terminal-reconnecting", play: terminal(async ({ page, mock, context }) => {
    await type(page, "ls");
    await context.setOffline(true);
    mock.terminal.cut(1006);
    await page.locator(".state.reconnecting").waitFor();
  }) },
  { name: "terminal-phone", viewport: small, play: terminal(async ({ page }) => type(page, "colors")) },
  { name: "console", viewport: wide, play: operating() },
  { name: "console-phone", viewport: small, play: operating() },
  { name: "console-empty", viewport: wide, play: operating(undefined, ({ mock }) => mock.region.sandboxes.clear()) },
  { name: "console-sheet", viewport: wide, play: operating(async ({ page }) => {
    await page.getByRole("button", { name: "c42-s3", exact: true }).click();
    await page.locator(".timeline li").first().waitFor();
    await page.locator(".sheet summary").click();
  }) },
  { name: "console-create", viewport: wide, play: operating(async ({ page }) => {
    await page.locator(".filters .primary").click();
    await page.locator("select[name=template]").selectOption("linux-shell");
    await page.locator("input[name=owner]").fill("Zhang San");
    await page.locator("dialog .primary").click();
    await page.locator(".field-error").waitFor();
  }) },
  { name: "console-delete", viewport: wide, play: operating(async ({ page }) => {
    await page.getByRole("button", { name: "c42-s0", exact: true }).click();
    await page.locator(".danger-text").click();
    await page.locator(".button.danger").waitFor();
  }) },
  { name: "console-templates", viewport: wide, play: operating(async ({ page }) => {
    await page.locator(".tab").last().click();
    await page.locator(".tile").first().waitFor();
  }) },
  { name: "console-publish", viewport: wide, play: operating(async ({ page }) => {
    await page.locator(".tab").last().click();
    await page.locator(".above-cards .primary").click();
    await page.locator("input[name=name]").fill("python-lab");
    await page.locator("textarea").fill('{\n  "machines": [],\n  "policy": {\n    "lifetime_s": 1\n  }\n}');
    await page.locator("dialog .primary").click();
    await page.locator(".field-error").first().waitFor();
  }) },
  { name: "console-cordon", viewport: wide, play: operating(async ({ page }) => {
    await page.locator(".capacity-foot button").click();
    await page.locator("input[name=reason]").fill("Maintenance until 18:00");
    await page.locator("dialog .danger").click();
    await page.locator(".cordoned").waitFor();
  }) },
  { name: "console-signed-out", viewport: wide, play: operating(async ({ page }) => {
    await page.locator(".top > .button").click();
    await page.locator(".command").waitFor();
  }) },
  { name: "console-sign-in", play: async ({ page, mock }) => {
    await page.goto(`${mock.url}/console#code=old`);
    await page.locator(".command").waitFor();
  } },
];

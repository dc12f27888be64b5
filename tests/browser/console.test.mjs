// An operator's day in a real browser: the console, from a new sandbox to a deleted one, and the region itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, person, picture } from "./chromium.mjs";
import { platform } from "./platform.mjs";
import { startRegion } from "./region.mjs";
import { prompt, type } from "./terminal.mjs";

let region, api, browser;

before(async () => {
  region = await startRegion(process.env.REGION);
  api = platform(region);
  browser = await launch();
});

after(async () => {
  await api?.clear();
  await browser?.close();
  await region?.stop();
});

test("the console creates a sandbox, opens its terminal, stops, starts, resets and deletes it", async () => {
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
  const sheet = console.getByRole("dialog", { name: "from-console", exact: true });
  const press = (name) => sheet.getByRole("button", { name, exact: true }).click();
  const shows = (phase) => sheet.locator(`.sheet-phase .badge.${phase}`).waitFor();
  const confirm = (name) =>
    console.getByRole("dialog", { name: `${name} from-console?` }).getByRole("button", { name, exact: true }).click();
  await shows("ready");
  await picture(console, "console-ready");

  const [terminal] = await Promise.all([context.waitForEvent("page"), press("Open terminal")]);
  await terminal.waitForURL((url) => url.hostname.startsWith("terminal--"));
  await prompt(terminal);
  assert.doesNotMatch(terminal.url(), /ticket/, "the ticket has left the address bar");
  await type(terminal, terminal, "echo from-console-$((40+2)) | tee ~/note.txt", "from-console-42");
  await terminal.close();

  const { id } = (await api.list()).find(({ ref }) => ref === "from-console");
  const note = () => api.exec(id, "cat", "note.txt");
  await press("Stop");
  await shows("stopped");
  await picture(console, "console-stopped");
  await press("Start");
  await shows("ready");
  assert.equal((await note()).stdout, "from-console-42\n", "its files are kept");
  await press("Reset");
  await picture(console, "console-reset");
  await confirm("Reset");
  await console.getByText("Resetting from-console").waitFor();
  await api.settled(id);
  await shows("ready");
  assert.notEqual((await note()).exit_code, 0, "its files are gone");
  await press("Delete");
  await confirm("Delete");
  await sheet.getByText("This sandbox is gone.").waitFor();
  await picture(console, "console-deleted");
  assert.equal((await api.get(id)).phase, "deleted");
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

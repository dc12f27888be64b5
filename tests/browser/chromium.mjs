// A real Chromium, Debian's, and screenshots kept as artefacts.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const ARTEFACTS = process.env.ARTEFACTS ?? join(dirname(fileURLToPath(import.meta.url)), "../artefacts");

/** Starts the browser, with more flags if need be. It trusts the authority in the file, if any. */
export const launch = (more = [], authority) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, ...more],
    env: authority ? { ...process.env, HOME: homeThatTrusts(authority) } : process.env,
  });

/** A home with the store in which Chromium looks for authorities; it goes with this process. */
function homeThatTrusts(authority) {
  const home = mkdtempSync(join(tmpdir(), "qj-home-"));
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  const store = join(home, ".pki/nssdb");
  mkdirSync(store, { recursive: true });
  execFileSync("certutil", ["-d", `sql:${store}`, "-N", "--empty-password"]);
  execFileSync("certutil", ["-d", `sql:${store}`, "-A", "-n", "region", "-t", "C,,", "-i", authority]);
  return home;
}

/** A person: language, colour scheme, and a window. */
export const person = (browser, { locale = "en-US", colorScheme = "light" } = {}) =>
  browser.newContext({ locale, colorScheme, viewport: { width: 1200, height: 760 }, acceptDownloads: true });

/** Keeps a picture of the page. */
export async function picture(page, name) {
  mkdirSync(ARTEFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`) });
}

/** The text that a terminal shows. */
export const screenText = (frame) => frame.locator(".xterm-rows").innerText();

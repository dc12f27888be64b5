// A real Chromium, Debian's, and screenshots kept as artefacts.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const ARTEFACTS = process.env.ARTEFACTS ?? join(dirname(fileURLToPath(import.meta.url)), "../artefacts");

/** Starts the browser, with more flags if need be. */
export const launch = (more = []) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, ...more] });

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

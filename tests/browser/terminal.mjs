// A student at a terminal page.
import { screenText } from "./chromium.mjs";
import { until } from "./until.mjs";

/** Waits until the page has its terminal (again). */
export const connected = (frame) => frame.locator(".state.connected").waitFor();

/** Waits for the shell's prompt. */
export const prompt = (frame) => until("a prompt", async () => /[$#] *$/m.test((await screenText(frame)).trimEnd() + " "));

/** Types a line and waits until `shown` is on the screen. */
export async function type(page, frame, line, shown) {
  await frame.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
  await sees(frame, shown);
}

/** Waits until the terminal shows a text. */
export const sees = (frame, shown) => until(`the terminal shows ${shown}`, async () => (await screenText(frame)).includes(shown));

// Files at a terminal page, in either language, the ways that people move them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

const UPLOAD = /^(Upload files|上传文件)$/;
const FILES = /^(Files|文件)$/;

const tool = (frame, name) => frame.getByRole("toolbar").getByRole("button", { name });
const uploaded = (frame, file) => frame.locator(".upload.done", { hasText: basename(file) }).waitFor();

/** Chooses a file after a click on the button for it, and waits until it is there. */
export async function upload(page, frame, file) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), tool(frame, UPLOAD).click()]);
  await chooser.setFiles(file);
  await uploaded(frame, file);
}

/** Drops a file on the middle of the page, as from a folder's window, and waits until it is there. */
export async function drop(page, file) {
  const { width, height } = page.viewportSize();
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  const drag = (type) => session.send("Input.dispatchDragEvent", { type, x: width / 2, y: height / 2, data });
  await drag("dragEnter");
  await drag("dragOver");
  await page.locator(".drop").waitFor();
  await drag("drop");
  await uploaded(page, file);
  await session.detach();
}

/** What comes down by a click on a file's name among the page's files. */
export async function download(page, frame, name) {
  await tool(frame, FILES).click();
  const link = frame.getByRole("complementary").getByRole("link", { name });
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  assert.equal(download.suggestedFilename(), name);
  const content = readFileSync(await download.path(), "utf8");
  await tool(frame, FILES).click();
  return content;
}

// Pictures of every page in both languages and both colour schemes: `npm run build && npm run shots [-- FOLDER [SCENE]]`.
import { mkdir } from "node:fs/promises";
import { launch } from "./chromium.mjs";
import { startMock } from "./mock.mjs";
import { scenes } from "./scenes.mjs";

const folder = process.argv[2] ?? "../tests/artefacts/pages";
const only = process.argv[3];

await mkdir(folder, { recursive: true });
const browser = await launch();
for (const scene of scenes.filter(({ name }) => only === undefined || name.startsWith(only))) {
  for (const locale of ["zh-CN", "en-GB"]) {
    for (const colorScheme of ["light", "dark"]) await shoot(scene, locale, colorScheme);
  }
}
await browser.close();

/** Refusals are part of several scenes; everything else that the browser complains about is news. */
function isNews(message) {
  return message.type() === "error" && !message.text().startsWith("Failed to load resource");
}

async function shoot({ name, viewport, play }, locale, colorScheme) {
  const mock = await startMock();
  const context = await browser.newContext({ locale, colorScheme, viewport: viewport ?? { width: 1200, height: 760 } });
  const page = await context.newPage();
  page.on("console", (message) => isNews(message) && console.log(`${name}: ${message.text()}`));
  page.on("pageerror", (error) => console.log(`${name}: ${error}`));
  await play({ page, mock, context });
  await page.screenshot({ path: `${folder}/${name}.${locale.slice(0, 2)}.${colorScheme}.png` });
  await context.close();
  mock.stop();
}

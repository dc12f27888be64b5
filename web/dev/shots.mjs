// Pictures of every page in both languages and both colour schemes: `npm run build && npm run shots [-- FOLDER [SCENE]]`.
import { mkdir } from "node:fs/promises";
import { launch } from "./chromium.mjs";
import { startMock } from "./mock.mjs";
import { scenes } from "./scenes.mjs";

const LOCALES = ["zh-CN", "en-GB"];
const COLOUR_SCHEMES = ["light", "dark"];
/** Scenes wait for their mocks about as long as they draw. */
const PAGES_PER_LOCALE = 2;
const USUAL = { width: 1200, height: 760 };

const folder = process.argv[2] ?? "../tests/artefacts/pages";
const only = process.argv[3];

await mkdir(folder, { recursive: true });
const browser = await launch();
await Promise.all(LOCALES.map(shootAll));
await browser.close();

/** Pages are used again for the next scene, as new ones cost more than what is drawn on them. */
async function shootAll(locale) {
  const left = scenes.filter(({ name }) => only === undefined || name.startsWith(only));
  const work = async () => {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    page.on("console", (message) => isNews(message) && complain(message.text()));
    page.on("pageerror", complain);
    for (let scene = left.shift(); scene !== undefined; scene = left.shift()) await shoot(scene, { page, context, locale });
  };
  await Promise.all(Array.from({ length: PAGES_PER_LOCALE }, work));
}

/** Refusals and cuts are part of several scenes; everything else that the browser complains about is news. */
function isNews(message) {
  return message.type() === "error" && !/^(Failed to load resource|WebSocket connection to)/.test(message.text());
}

function complain(what) {
  console.error(String(what));
  process.exitCode = 1;
}

async function shoot({ name, viewport = USUAL, play }, { page, context, locale }) {
  const mock = await startMock();
  await page.setViewportSize(viewport);
  await play({ page, mock, context });
  for (const colorScheme of COLOUR_SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(drawn);
    await page.screenshot({ path: `${folder}/${name}.${locale.slice(0, 2)}.${colorScheme}.png`, animations: "disabled" });
  }
  await context.setOffline(false);
  await page.goto("about:blank");
  mock.stop();
}

/** In the page: a frame after the one that what is new is drawn in. */
function drawn() {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

// The whole line in one go: the real program, its demo talk, and a browser that reads Spanish.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, picture, until } from "./browser.mjs";
import { captionsSeen, watchCaptions } from "./erasure.mjs";
import { Program, patience } from "./program.mjs";

const server = new Program();
let browser;

before(async () => {
  server.start("--port", "0");
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  server.remove();
});

test("the demo talk's Spanish captions arrive in a browser", async (t) => {
  const address = await server.announced("listening on");
  const link = await server.announced("demo session");
  assert.ok(link.startsWith(address), `${link} is at ${address}`);

  const context = await browser.newContext({ locale: "es-ES", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  assert.equal((await page.goto(new URL("/healthz", address).href)).status(), 200);
  await page.goto(link);
  const finished = page.locator("#paper .segment[lang='es'][data-final='true']");
  const words = () => finished.first().textContent();
  try {
    await until("a finished Spanish caption", async () =>
      (await finished.count()) > 0 && (await words()).trim() !== "", patience);
  } finally {
    await picture(page, "demo");
    t.diagnostic(`on the page: ${JSON.stringify(await page.locator("#paper").innerText())}`);
  }
  assert.match(await words(), /\p{L}{2,}/u);
  assert.equal(await page.locator("[data-segment] .mark:visible").count(), 0, "nothing untranslated");

  await page.goto(new URL("/", address).href);
  await page.waitForSelector("#demo:visible");
  assert.equal(await page.$eval("#demo-link", (a) => a.href), link.split("?")[0]);
  assert.deepEqual(problems, []);
  await context.close();
});

/** Words of the whole demo, which is played over and over, twice: a recogniser begins cold. */
const demoWords = 2 * 68;

test("captions take few words back, and no finished line moves", async (t) => {
  const link = (await server.announced("demo session")).split("?")[0];
  const limits = { en: 0.2, es: 0.3, ca: 0.3 };
  const pages = await Promise.all(Object.keys(limits).map(async (lang) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await watchCaptions(page);
    await page.goto(`${link}?lang=${lang}`);
    return { lang, page };
  }));
  for (const { lang, page } of pages) {
    const settled = async () => (await captionsSeen(page)).segments
      .filter((segment) => segment.final && segment.updates > 1)
      .reduce((words, segment) => words + segment.words, 0);
    await until(`the demo's words in ${lang}`, async () => (await settled()) >= demoWords, patience);
    const seen = await captionsSeen(page);
    t.diagnostic(`${lang}: normalised erasure ${seen.erasure.toFixed(3)} (at most ${limits[lang]}), ` +
      `${seen.segments.length} segments, ${seen.corrections} corrections`);
    assert.ok(seen.erasure <= limits[lang], `${lang}: ${seen.erasure}`);
    assert.deepEqual(seen.moved.filter((move) => move.after === "growth"), []);
    await page.close();
  }
});

test("the server stops when asked to", async () => {
  server.kill("SIGTERM");
  const late = new Promise((resolve) => setTimeout(resolve, 15_000, "late").unref());
  assert.deepEqual(await Promise.race([server.exited, late]), { code: 0, signal: null },
    `within 15 s; it said:\n${server.output.slice(-20).join("\n")}`);
});

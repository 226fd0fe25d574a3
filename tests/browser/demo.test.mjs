// The whole line in one go: the real program, its demo talk, and a browser that reads Spanish.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, picture, until } from "./browser.mjs";
import { captionsSeen, watchCaptions } from "./erasure.mjs";
import { watchPage } from "./pages.mjs";
import { Program, patience } from "../support/program.mjs";

const server = new Program({ models: true });
let browser;

before(async () => {
  server.start("--port", "0");
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server.remove();
});

test("the demo talk's Spanish captions arrive in a browser", async (t) => {
  const address = await server.announced("listening on");
  const link = await server.announced("demo session");
  assert.ok(link.startsWith(address), `${link} is at ${address}`);

  const context = await browser.newContext({ locale: "es-ES", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const problems = [];
  watchPage(page, problems, ({ origin }) => origin === new URL(address).origin);
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
  const named = server.output.find((line) => line.startsWith("recogniser: ")).slice("recogniser: ".length);
  await until("who recognises", async () => (await page.innerText("#recogniser")) === `Palabras de ${named}`);
  assert.deepEqual(problems, []);
  await context.close();
});

/**
 * Words in the whole demo, with the recording that comes with the models; without it they are nearly
 * three rounds: a recogniser begins cold.
 */
const demoWords = 187;
/** A round takes a minute and a quarter. */
const aRound = { seconds: 240 };

/** What is read, from its beginning to where it begins again. */
const read = `and mr john dashwood had then leisure to consider how much there might be prudently in his power to do
  for them he was not an ill disposed young man unless to be rather cold hearted and rather selfish is to be ill
  disposed had he married a more amiable woman he might have been made still more respectable than he was he
  might even have been made amiable himself it was the best of times it was the worst of times it was the age of
  wisdom it was the age of foolishness it was the epoch of belief it was the epoch of incredulity it was the
  season of light it was the season of darkness it was the spring of hope it was the winter of despair we had
  everything before us we had nothing before us we were all going direct to heaven we were all going direct the
  other way in short the period was so far like the present period that some of its noisiest authorities insisted
  on its being received for good or for evil in the superlative degree of comparison only`;

const plainWords = (text) => text.toLowerCase().replace(/[’']/gu, "").split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");

/** How many words of `said` are wrong, wherever in `reference` it begins and ends. */
function wrongWords(reference, said) {
  let before = reference.map(() => 0).concat(0);
  said.forEach((word, i) => {
    const now = [i + 1];
    reference.forEach((wanted, j) =>
      now.push(Math.min(before[j] + (wanted === word ? 0 : 1), before[j + 1] + 1, now[j] + 1)));
    before = now;
  });
  return Math.min(...before);
}

test("captions take few words back, and no finished line moves", async (t) => {
  const link = (await server.announced("demo session")).split("?")[0];
  const limits = { en: 0.2, es: 0.3, ca: 0.3 };
  const pages = await Promise.all(Object.keys(limits).map(async (lang) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await watchCaptions(page);
    await page.goto(`${link}?lang=${lang}`);
    await page.waitForSelector("[data-segment]");
    // What was said before is there at once.
    const before = (await captionsSeen(page)).segments.findLast(({ final }) => final)?.segment ?? 0;
    return { lang, page, before };
  }));
  for (const { lang, page, before } of pages) {
    const settled = (seen) => seen.segments.filter(({ final, segment }) => final && segment > before);
    await until(`the demo's words in ${lang}`, async () =>
      settled(await captionsSeen(page)).reduce((words, segment) => words + segment.words, 0) >= demoWords, aRound);
    const seen = await captionsSeen(page);
    const grown = settled(seen).filter(({ updates }) => updates > 1).length;
    t.diagnostic(`${lang}: normalized erasure ${seen.erasure.toFixed(3)} (at most ${limits[lang]}), ` +
      `${grown} of ${settled(seen).length} grew, ` +
      `${seen.segments.length} segments, ${seen.corrections} corrections`);
    assert.ok(seen.erasure <= limits[lang], `${lang}: ${seen.erasure}`);
    assert.deepEqual(seen.moved.filter((move) => move.after === "growth"), []);
    if (lang === "en") await looksRight(t, page, settled(seen));
    await page.close();
  }
});

/** The page says that this is a recording; the words are those that are read, where Moonshine hears them. */
async function looksRight(t, page, segments) {
  assert.equal(await page.innerText("#recording"), "Recording, repeats");
  const { recogniser } = await (await fetch(new URL("/readyz", page.url()))).json();
  const said = plainWords(segments.map(({ text }) => text).join(" "));
  const wrong = wrongWords(plainWords(`${read} `.repeat(4)), said) / said.length;
  t.diagnostic(`${recogniser.name}: ${(100 * wrong).toFixed(1)} % of ${said.length} words wrong`);
  if (recogniser.name.startsWith("Moonshine")) assert.ok(wrong <= 0.08, `${wrong} wrong: ${said.join(" ")}`);
}

test("the server stops when asked to", async () => {
  server.kill("SIGTERM");
  const late = new Promise((resolve) => setTimeout(resolve, 15_000, "late").unref());
  assert.deepEqual(await Promise.race([server.exited, late]), { code: 0, signal: null },
    `within 15 s; it said:\n${server.output.slice(-20).join("\n")}`);
});

// The start page in Chromium: joining a talk, and beginning one.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { compressedBytes, picture, until } from "./browser.mjs";
import { id, talk } from "./fake/server.mjs";
import { hostCode, SpeakServer } from "./fake/speak_server.mjs";
import { contrastOf, from, Pages } from "./pages.mjs";

const pages = new Pages({ viewport: { width: 360, height: 740 } });
let server;
let page;

async function newPage(options) {
  page = await pages.open(from(server), options);
}

beforeEach(async () => {
  server = await SpeakServer.start();
  server.sessions.set(id, { ...talk });
  await newPage();
});

afterEach(() => pages.finish(server));

async function open() {
  await page.goto(`${server.address}/`);
  await until("the languages", () => page.isVisible("#spoken"));
}

const answers = (words) => until(`${words}`, async () => words.test(await page.textContent("#answer")));

test("a code is forgiven its case, its spaces and its dashes", async () => {
  for (const typed of ["golden-eagle-427", "  Golden Eagle 427 ", "GOLDEN EAGLE 427", "goldenEagle427", "golden–eagle–427"]) {
    await open();
    await page.fill("#code", typed);
    await page.press("#code", "Enter");
    await page.waitForURL(`${server.address}/listen/${id}`);
  }
});

test("a code that is wrong is answered, as text, and can be mended", async () => {
  await open();
  await page.click("#join");
  await answers(/Type the talk’s code/);
  assert.equal(await page.getAttribute("#code", "aria-invalid"), "true");
  assert.equal(await page.evaluate(() => document.activeElement.id), "code");
  await page.fill("#code", "silver heron 100");
  await page.click("#join");
  await answers(/no talk with the code silver-heron-100/);
  await picture(page, "start-wrong");
  server.down = true;
  await page.click("#join");
  await answers(/does not answer/);
  server.down = false;
  await page.fill("#code", id);
  await page.click("#join");
  await page.waitForURL(`${server.address}/listen/${id}`);
});

test("captions come in the language of the menu, and that is remembered", async () => {
  await open();
  assert.deepEqual(await page.locator("#language option").allTextContents(), ["català", "English", "español"]);
  assert.equal(await page.inputValue("#language"), "en", "the browser's");
  await page.selectOption("#language", "es");
  await page.fill("#code", id);
  const arrival = server.listener();
  await page.click("#join");
  assert.equal((await arrival).lang, "es");
  await open();
  assert.equal(await page.inputValue("#language"), "es");
});

test("Start leads to the speaker page, in the language of the menu", async () => {
  await open();
  assert.deepEqual(await page.locator("#spoken option").allTextContents(), ["English", "español"]);
  await page.selectOption("#spoken", "es");
  await page.click("#start");
  await page.waitForURL(`${server.address}/speak?lang=es`);
  await until("the speaker page", () => page.isEnabled("#start"));
  assert.equal(await page.inputValue("#spoken"), "es");
});

test("the host code is asked for where the server wants one, and goes with the speaker, not in an address", async () => {
  await open();
  assert.equal(await page.isVisible("#host-code"), false, "everybody may start");
  server.start = "code";
  await page.goto(`${server.address}/#code=Amber%20Lion%20123%20calm%20otter%20456`);
  await page.reload();
  await until("the field", () => page.isVisible("#host-code"));
  assert.equal(await page.inputValue("#host-code"), hostCode, "from the link");
  assert.equal(new URL(page.url()).hash, "");
  await picture(page, "start-code");
  await page.click("#start");
  await page.waitForURL(/\/speak/);
  await until("the speaker page", () => page.isEnabled("#start"));
  assert.equal(await page.inputValue("#host-code"), hostCode);
  assert.ok(server.requests.every((address) => !/otter/i.test(address)), server.requests.join());
  server.start = "operator";
  await open();
  await until("the word", () => page.isVisible("#operator-starts"));
});

test("without an answer about languages, both ways are open", async () => {
  server.down = true;
  await page.goto(`${server.address}/`);
  await until("asked", () => server.requests.includes("/v1/languages"));
  assert.equal(await page.isVisible("#language"), false);
  server.down = false;
  await page.fill("#code", id);
  await page.click("#join");
  await page.waitForURL(`${server.address}/listen/${id}`);
  server.down = true;
  await page.goto(`${server.address}/`);
  await page.click("#start");
  await page.waitForURL(/\/speak/);
});

test("the demo talk is offered when one is on, and only then", async () => {
  await open();
  await until("asked", () => server.requests.includes("/v1/demo"));
  assert.equal(await page.isVisible("#demo"), false);
  server.base.demo = id;
  await page.reload();
  await until("the demo", () => page.isVisible("#demo"));
  assert.match(await page.innerText("#demo"), /A demo talk is on: listen \(recording, repeats\)$/);
  await page.click("#demo-link");
  await page.waitForURL(`${server.address}/listen/${id}`);
});

test("the recogniser is named where the server says which it is, as text", async () => {
  await open();
  await until("asked", () => server.requests.includes("/readyz"));
  assert.equal(await page.isVisible("#recogniser"), false);
  for (const recogniser of ["Moonshine", { name: 7 }, { name: "" }, null]) {
    server.base.recogniser = recogniser;
    await open();
    assert.equal(await page.isVisible("#recogniser"), false);
  }
  server.base.recogniser = { name: "Moonshine <b>base-en</b>" };
  await open();
  await until("the recogniser", () => page.isVisible("#recogniser"));
  assert.equal(await page.innerText("#recogniser"), "Words by Moonshine <b>base-en</b>");
});

test("the colours can be chosen, and stay", async () => {
  await open();
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  for (let i = 0; i < 2; ++i) await page.click("#theme");
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await ground(), dark);
});

test("the first view is small", async () => {
  const compressed = compressedBytes(page);
  await open();
  const bytes = await compressed();
  assert.ok(bytes > 2_000 && bytes < 60_000, `${bytes} bytes compressed`);
});

for (const [locale, join, give] of [["es-ES", "Seguir una charla", "Dar una charla"], ["ca-ES", "Seguiu una xerrada", "Feu una xerrada"]]) {
  test(`speaks ${locale}, on a phone`, async () => {
    await newPage({ locale });
    server.base.demo = id;
    server.base.recogniser = { name: "Moonshine base-en" };
    await open();
    await until("the demo", () => page.isVisible("#demo"));
    await until("the recogniser", () => page.isVisible("#recogniser"));
    assert.equal(await page.textContent("#join-title"), join);
    assert.equal(await page.textContent("#give-title"), give);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.equal(await page.locator("[data-text]:empty").count(), 0, "every text is there");
  });
}

for (const [width, height] of [[360, 740], [1440, 900]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`fits ${width}×${height}, ${colorScheme}`, async () => {
      await newPage({ viewport: { width, height }, colorScheme });
      server.base.demo = id;
      server.base.recogniser = { name: "Moonshine base-en" };
      await open();
      await until("the demo", () => page.isVisible("#demo"));
      await until("the recogniser", () => page.isVisible("#recogniser"));
      const sizes = width > 1000 ? [[768, 1024], [1920, 1080], [width, height]] : [[width, height]];
      for (const [wide, high] of sizes) {
        await page.setViewportSize({ width: wide, height: high });
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${wide} scrolls sideways`);
      }
      for (const selector of ["h1", "h2", ".aside", "#hint", "label", "#join", "#start", "#demo", "#demo-link", "#demo .aside", "#recogniser"]) {
        const ratio = await contrastOf(page, selector);
        assert.ok(ratio >= 7, `contrast of ${selector}: ${ratio}`);
      }
      await picture(page, `start-${width}-${colorScheme}`);
    });
  }
}

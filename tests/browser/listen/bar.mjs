// What the bar offers beside the language.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { finished } from "../fake/talk.mjs";
import { contrast, desktop, listen, newPage, page, says, segments, server } from "./page.mjs";

const pressed = (selector) => page.getAttribute(selector, "aria-pressed");
const size = () => page.$eval("#paper", (paper) => getComputedStyle(paper).fontSize);
const box = (selector) => page.$eval(selector, (element) => element.getBoundingClientRect().toJSON());

async function talk(query) {
  const listener = await listen(query);
  for (const { segment, text, ...more } of finished(listener.lang)) {
    listener.final(segment, segment, text, more);
  }
  await segments(5);
  return listener;
}

describe("the size of the text", () => {
  test("goes up and down between its bounds, and is remembered", async () => {
    await newPage(desktop);
    await listen();
    assert.equal(await size(), "40px");
    await page.click("#larger");
    assert.equal(await size(), "48px");
    for (const larger of ["56px", "64px"]) {
      await page.click("#larger");
      assert.equal(await size(), larger);
    }
    assert.equal(await page.isDisabled("#larger"), true);
    while (await page.isEnabled("#smaller")) await page.click("#smaller");
    assert.equal(await size(), "20px");
    await page.click("#larger");
    await page.reload();
    await until("the page again", () => page.isVisible("#sound"));
    assert.equal(await size(), "24px");
  });

  test("keeps the place of a reader who scrolled back", async () => {
    await newPage(desktop);
    const listener = await listen();
    for (let i = 1; i <= 40; ++i) {
      listener.final(i, i, `Frase número ${i}, que llena media línea de la pantalla o algo más que eso.`);
    }
    await segments(40);
    await page.mouse.move(400, 400);
    await page.mouse.wheel(0, -900);
    await page.waitForSelector("#back-to-live:visible");
    const atTop = () => page.evaluate(() => {
      const top = document.querySelector("#captions").getBoundingClientRect().top;
      const first = [...document.querySelectorAll(".segment")]
        .find((segment) => segment.getBoundingClientRect().bottom > top);
      return first.dataset.segment;
    });
    const before = await atTop();
    await page.click("#larger");
    assert.equal(await atTop(), before);
    await page.click("#original");
    assert.equal(await atTop(), before);
    assert.equal(await page.isVisible("#back-to-live"), true);
  });
});

describe("the original", () => {
  test("stands beside the translation on wide screens, and is remembered", async () => {
    await newPage(desktop);
    await talk();
    assert.equal(await page.locator(".source:visible").count(), 0);
    await page.click("#original");
    assert.equal(await pressed("#original"), "true");
    const words = await box("[data-segment='2'] .words");
    const source = await box("[data-segment='2'] .source");
    assert.ok(source.left > words.right, "in a column of its own");
    assert.ok(Math.abs(source.top - words.top) < 20, "on the same line");
    assert.equal(await page.getAttribute("[data-segment='2'] .source", "lang"), "en");
    assert.match(await page.textContent("[data-segment='2'] .source"), /^Today I want to talk/);
    await page.reload();
    await until("the page again", () => page.isVisible("#sound"));
    assert.equal(await pressed("#original"), "true");
    await page.click("#original");
    assert.equal(await page.locator(".source:visible").count(), 0);
  });

  test("stands below the translation on phones", async () => {
    await talk();
    await page.click("#more");
    await page.click("#original");
    const words = await box("[data-segment='2'] .words");
    const source = await box("[data-segment='2'] .source");
    assert.ok(source.top >= words.bottom);
    assert.equal(source.left, words.left);
  });

  test("is not offered where it is what is read", async () => {
    await newPage(desktop);
    await talk("?lang=en");
    assert.equal(await page.isDisabled("#original"), true);
    assert.equal(await page.getAttribute("#original", "title"), "These are the speaker’s own words");
    await page.selectOption("#language", "es");
    await until("offered", () => page.isEnabled("#original"));
  });

  test("is shown as the text it is", async () => {
    await newPage(desktop);
    const listener = await listen();
    const attack = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;
    listener.final(1, 1, "Hola.", { source: attack });
    await segments(1);
    await page.click("#original");
    assert.equal(await page.textContent(".source"), attack);
    assert.equal(await page.locator("#paper img, #paper script").count(), 0);
    assert.equal(await page.title(), `${id} · Sotto`);
  });
});

describe("the transcript", () => {
  test("can be saved in the language that is followed", async () => {
    await newPage(desktop);
    await listen();
    await page.click("#transcript-open");
    const links = () => page.$$eval("#transcript a", (all) => all.map((a) => a.getAttribute("href")));
    assert.deepEqual(await links(), ["vtt", "srt", "jsonl"].map((format) =>
      `/v1/sessions/${id}/captions.${format}?lang=es`));
    const [download] = await Promise.all([
      page.waitForEvent("download"), page.click("#transcript a >> nth=1"),
    ]);
    assert.match(download.suggestedFilename(), /golden-eagle-427.es.srt/);
    assert.equal(await readFile(await download.path(), "utf8"), "captions.srt in es\n");
    await page.selectOption("#language", "ca");
    await until("in Catalan", async () => (await links())[0].endsWith("lang=ca"));
  });
});

describe("the thumbs", () => {
  test("send a rating, say thanks, and can be changed", async () => {
    await newPage(desktop);
    await listen();
    await page.click("#up");
    await says("Gracias");
    assert.equal(await pressed("#up"), "true");
    await page.click("#down");
    await until("two ratings", () => server.ratings.length === 2);
    await until("changed", async () => (await pressed("#down")) === "true");
    assert.equal(await pressed("#up"), "false");
    const [first, second] = server.ratings;
    assert.match(first.listener, /^[0-9a-f]{32}$/);
    assert.deepEqual(first, { rating: "up", listener: first.listener, language: "es" });
    assert.deepEqual(second, { rating: "down", listener: first.listener, language: "es" });

    await page.reload();
    await page.click("#neutral");
    await until("three ratings", () => server.ratings.length === 3);
    assert.equal(server.ratings[2].listener, first.listener, "the same listener");
  });

  test("say when a rating does not get through, and keep the one before", async () => {
    await newPage(desktop);
    await listen();
    await page.click("#up");
    await says("Gracias");
    server.down = true;
    await page.click("#down");
    await says("Su respuesta no ha llegado");
    assert.equal(await pressed("#up"), "true");
    assert.equal(await pressed("#down"), "false");
  });

  test("say it for a while only", async () => {
    await newPage(desktop);
    await page.clock.install();
    await listen();
    await page.click("#up");
    await says("Gracias");
    await page.clock.runFor(10_000);
    assert.equal(await page.textContent("#toast"), "");
  });
});

describe("the colours", () => {
  test("go from the system's to light and dark, and are remembered", async () => {
    await newPage({ ...desktop, colorScheme: "dark" });
    await listen();
    const theme = () => page.getAttribute("html", "data-theme");
    const name = () => page.getAttribute("#theme", "aria-label");
    const ground = () => page.$eval("body", (body) => getComputedStyle(body).backgroundColor);
    const dark = await ground();
    assert.equal(await theme(), null);
    assert.equal(await name(), "Colores: como el sistema");
    await page.click("#theme");
    assert.equal(await theme(), "light");
    assert.equal(await name(), "Colores: claros");
    assert.equal(await ground(), "rgb(255, 255, 255)");
    assert.ok((await contrast("#paper")) >= 7);
    await page.click("#theme");
    assert.equal(await theme(), "dark");
    assert.equal(await ground(), dark);
    await page.reload();
    assert.equal(await theme(), "dark");
    assert.equal(await name(), "Colores: oscuros");
    await page.click("#theme");
    assert.equal(await theme(), null);
  });
});

describe("on a phone", () => {
  test("the bar is one row, and the rest is behind a button", async () => {
    await listen();
    await until("offered", () => page.isVisible("#sound"));
    assert.ok((await box("header")).height <= 64);
    assert.equal(await page.isVisible("#smaller"), false);
    await page.click("#more");
    for (const tool of ["#smaller", "#larger", "#original", "#transcript a >> nth=0", "#up", "#theme"]) {
      assert.equal(await page.isVisible(tool), true, tool);
    }
    await page.mouse.click(180, 700);
    assert.equal(await page.isVisible("#smaller"), false);
  });

  test("it works with the keyboard", async () => {
    await listen();
    await until("offered", () => page.isVisible("#sound"));
    const focused = () => page.evaluate(() => document.activeElement.id);
    const expanded = () => page.getAttribute("#more", "aria-expanded");
    await page.focus("#more");
    await page.keyboard.press("Enter");
    assert.equal(await expanded(), "true");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "smaller");
    assert.notEqual(await page.$eval("#smaller", (button) => getComputedStyle(button).outlineStyle), "none");
    await page.keyboard.press("Enter");
    assert.equal(await size(), "24px");
    await page.keyboard.press("Escape");
    assert.equal(await expanded(), "false");
    assert.equal(await focused(), "more");
    await page.keyboard.press("Enter");
    for (let i = 0; i < 12 && (await focused()) !== "captions"; ++i) await page.keyboard.press("Tab");
    assert.equal(await focused(), "captions");
    assert.equal(await expanded(), "false", "closed behind the focus");
  });

  test("every control has a name in the page's language, and room for a finger", async () => {
    await listen();
    await until("offered", () => page.isVisible("#sound"));
    await page.click("#more");
    const controls = await page.$$eval("header button, header select", (all) => all
      .filter((element) => element.offsetParent !== null)
      .map((element) => ({
        id: element.id,
        name: element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? "",
        ...element.getBoundingClientRect().toJSON(),
      })));
    assert.ok(controls.length >= 9);
    for (const { id: control, name, width, height } of controls) {
      assert.ok(name.trim().length > 1, `${control} has a name`);
      assert.ok(width >= 44 && height >= 44, `${control} is ${width} by ${height}`);
    }
    assert.equal(controls.find((control) => control.id === "up").name, "Los subtítulos son buenos");
  });
});

// What the captions do on the page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { id } from "../fake/server.mjs";
import { until } from "../browser.mjs";
import { listen, page, provisional, shows, state } from "./page.mjs";

describe("captions", () => {
  test("grow at the end, with the newest words marked until they settle", async () => {
    const listener = await listen();
    listener.caption(0, 1, "", { provisional: "Buenos" });
    await shows("Buenos");
    assert.deepEqual(await provisional(), ["Buenos"]);

    listener.caption(0, 1, "Buenos", { provisional: " días a" });
    await shows("Buenos días a");
    assert.deepEqual(await provisional(), ["días a"], "the space before is not underlined");
    const mark = await page.$eval(".provisional", (element) => {
      const { textDecorationStyle, textDecorationLine, color } = getComputedStyle(element);
      return { textDecorationStyle, textDecorationLine, color };
    });
    assert.equal(mark.textDecorationLine, "underline");
    assert.equal(mark.textDecorationStyle, "dotted");
    assert.notEqual(mark.color, await page.$eval("#paper", (paper) => getComputedStyle(paper).color));

    listener.final(1, 1, "Buenos días a todos.");
    await shows("Buenos días a todos.");
    assert.deepEqual(await provisional(), []);
    assert.equal(await page.getAttribute(".segment", "lang"), "es");
  });

  test("settle without moving a letter", async () => {
    const listener = await listen();
    listener.caption(1, 1, "Un árbol", { provisional: " vive ochenta años y nadie lo verá viejo" });
    await shows("Un árbol vive ochenta años y nadie lo verá viejo");
    const box = () => page.$eval(".segment", (element) =>
      [...element.getClientRects()].map(({ left, right, top }) => [left, right, top].map(Math.round)));
    const last = (rects) => [Math.max(...rects.map((r) => r[2])), Math.max(...rects.map((r) => r[1]))];
    const before = last(await box());
    listener.final(2, 1, "Un árbol vive ochenta años y nadie lo verá viejo");
    await until("settled", async () => (await provisional()).length === 0);
    assert.deepEqual(last(await box()), before);
  });

  test("are replaced by segment, not repeated, and corrected after they were final", async () => {
    const listener = await listen();
    listener.final(1, 1, "Uno.");
    listener.caption(2, 2, "Dos", { provisional: " y" });
    listener.final(3, 1, "Primero.");
    listener.final(4, 2, "Dos y tres.");
    await shows("Primero. Dos y tres.");
  });

  test("ignore an older message that comes late", async () => {
    const listener = await listen();
    listener.final(5, 1, "Nuevo.");
    listener.caption(4, 1, "Viejo", { provisional: " y roto" });
    listener.caption(5, 1, "Reabierto", { provisional: " tarde" });
    listener.final(6, 2, "Fin.");
    await shows("Nuevo. Fin.");
  });

  test("stand in the order of their segments, whenever they arrive", async () => {
    const listener = await listen();
    listener.final(1, 3, "Tres.", { start: 2, end: 3 });
    listener.final(2, 1, "Uno.", { start: 0, end: 1 });
    listener.final(3, 2, "Dos.", { start: 1, end: 2 });
    await until("three segments", async () => (await page.locator(".segment").count()) === 3);
    assert.equal((await page.locator(".segment").allTextContents()).join(" "), "Uno. Dos. Tres.");
  });

  test("vanish when their segment is removed", async () => {
    const listener = await listen();
    listener.final(1, 1, "Queda.");
    listener.caption(2, 2, "Ruido");
    await shows("Queda. Ruido");
    listener.final(3, 2, "");
    await shows("Queda.");
  });

  test("flow in paragraphs that end with a sentence, a pause, or enough words", async () => {
    const listener = await listen();
    const sentence = "Esta es una frase que basta para un párrafo.";
    listener.final(1, 1, "Sí.", { start: 0, end: 1 });
    listener.final(2, 2, sentence, { start: 1, end: 4 });
    listener.final(3, 3, "Después de la frase", { start: 4, end: 5 });
    listener.final(4, 4, "y tras la pausa", { start: 7.5, end: 8 });
    listener.final(5, 5, "palabras ".repeat(14).trim(), { start: 8, end: 14 });
    listener.final(6, 6, "ya aparte, sin punto pero con un respiro detrás", { start: 14, end: 15 });
    listener.final(7, 7, "y otra frase", { start: 15.8, end: 17 });
    listener.final(8, 8, "tras otro respiro", { start: 17.8, end: 19 });
    listener.final(9, 9, "con puntos. La frase que sigue va más allá", { start: 19, end: 21 });
    listener.final(10, 10, "del respiro", { start: 22, end: 23 });
    await shows([
      `Sí. ${sentence}`, "Después de la frase", `y tras la pausa ${"palabras ".repeat(14).trim()}`,
      "ya aparte, sin punto pero con un respiro detrás", "y otra frase tras otro respiro con puntos. La frase que sigue va más allá del respiro",
    ].join("|"));
  });

  test("stay where they are while the talk goes on", async () => {
    const listener = await listen();
    listener.final(1, 1, "Una frase terminada que llena más de una línea en el teléfono.");
    listener.caption(2, 2, "La", { provisional: " siguiente" });
    await until("both", async () => (await page.locator(".segment").count()) === 2);
    const place = () => page.$eval("[data-segment='1']", (element) => element.getBoundingClientRect().toJSON());
    const before = await place();
    listener.caption(3, 2, "La siguiente crece y crece hasta que", { provisional: " ocupa varias líneas" });
    await until("grown", async () => (await provisional()).includes("ocupa varias líneas"));
    assert.deepEqual(await place(), before);
  });

  test("show markup as the text it is", async () => {
    const listener = await listen();
    const attack = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>&amp;`;
    listener.caption(1, 1, attack, { provisional: ` <b>${attack}</b>` });
    await shows(`${attack} <b>${attack}</b>`);
    listener.final(2, 1, attack);
    await shows(attack);
    assert.equal(await page.locator("#paper img, #paper script, #paper b").count(), 0);
    assert.equal(await page.locator("#announcer img").count(), 0);
    assert.equal(await page.title(), `${id} · Sotto`);
  });

  test("that could not be translated are marked, in words once for a run of them", async () => {
    const listener = await listen();
    listener.final(1, 1, "We plant", { translated: false, start: 0, end: 1 });
    listener.final(2, 2, "a tree.", { translated: false, start: 1, end: 2 });
    await until("marks", async () => (await page.locator(".mark").count()) === 2);
    assert.deepEqual(await page.locator(".mark:visible").allTextContents(), ["⚠ sin traducir ", "⚠ "]);
    assert.equal(await page.getAttribute("[data-segment='2'] .mark", "title"), "sin traducir");
    assert.equal(await page.getAttribute("[data-segment='1']", "lang"), "en");
    listener.final(3, 1, "Plantamos", { start: 0, end: 1 });
    await until("translated after all", async () =>
      (await page.getAttribute("[data-segment='1']", "lang")) === "es");
    assert.equal(await page.locator("[data-segment='1'] .mark:visible").count(), 0);
    assert.equal(await page.textContent("[data-segment='2'] .mark:visible"), "⚠ ", "as it was");
  });

  test("are announced to screen readers when they are final, and once", async () => {
    const listener = await listen();
    assert.equal(await page.getAttribute("#announcer", "aria-live"), "polite");
    listener.caption(1, 1, "Buenos", { provisional: " días" });
    await shows("Buenos días");
    assert.equal(await page.textContent("#announcer"), "");
    listener.final(2, 1, "Buenos días.");
    listener.final(3, 1, "Buenos días!");
    await shows("Buenos días!");
    assert.equal(await page.textContent("#announcer"), "Buenos días.");
    assert.equal(await page.locator("#paper").evaluate((paper) => paper.closest("[aria-live]")), null);
  });

  test("survive frames that make no sense", async () => {
    const listener = await listen();
    for (const frame of ["", "{", "null", "[]", '{"type":"dance"}', '{"type":"caption"}',
      '{"type":"caption","seq":"1","segment":1,"text":"no"}', '{"type":"status","state":7}']) {
      listener.send(frame);
    }
    listener.final(1, 1, "Sigue.");
    await shows("Sigue.");
    assert.equal(await state(), "live");
  });
});

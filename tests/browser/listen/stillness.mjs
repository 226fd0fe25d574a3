// Captions that do not dance: measured on the page, as a reader sees it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { captionsSeen, watchCaptions } from "../erasure.mjs";
import { play } from "../fake/talk.mjs";
import { desktop, listen, newPage, page, phone, segments, shows } from "./page.mjs";
import { until } from "../browser.mjs";

const rounds = 3;

/** The whole talk, some times over, as it would arrive, with a frame between the messages. */
async function wholeTalk(listener) {
  let finals = 0;
  for (const { segment, text, ...more } of play(listener.lang)) {
    if (more.final) ++finals;
    listener.caption(finals, segment, text, more);
    await page.evaluate(() => new Promise(requestAnimationFrame));
    if (finals === rounds * 5) break;
  }
  await until("all finals", async () =>
    (await page.locator("[data-final='true']").count()) === rounds * 5);
}

describe("a whole talk", () => {
  for (const [name, screen] of [["a phone", phone], ["a wide screen", desktop]]) {
    for (const originals of [false, true]) {
      test(`stands still on ${name}${originals ? ", originals beside" : ""}`, async () => {
        await newPage(screen);
        await watchCaptions(page);
        if (originals) await page.addInitScript(() => localStorage.setItem("sotto.original", "shown"));
        await wholeTalk(await listen());
        const seen = await captionsSeen(page);
        assert.equal(seen.segments.length, rounds * 5);
        assert.ok(seen.segments.every(({ final, updates }) => final && updates > 1));
        assert.equal(seen.erasure, 0, "this talk takes nothing back");
        assert.equal(seen.corrections, 0);
        assert.deepEqual(seen.moved, []);
      });
    }
  }
});

describe("the measure", () => {
  test("counts the words that were taken back", async () => {
    await watchCaptions(page);
    const listener = await listen();
    listener.caption(0, 1, "", { provisional: "Buenos días" });
    listener.caption(0, 1, "", { provisional: "Buenas tardes a" });
    listener.caption(0, 1, "Buenas", { provisional: " noches" });
    listener.final(1, 1, "Buenas noches a todos", { source: "good evening everyone" });
    listener.final(2, 2, "No se toca", { translated: false });
    listener.caption(2, 3, "Ruido de fondo");
    listener.final(3, 3, "");
    await shows("Buenas noches a todos No se toca".replace(" No", " ⚠ sin traducir No"));
    const { segments: seen, erasure, corrections } = await captionsSeen(page);
    assert.deepEqual(seen.map(({ text }) => text), ["Buenas noches a todos", "No se toca", ""]);
    // Of "Buenos días" both, of "Buenas tardes a" the last two; then the noise.
    assert.deepEqual(seen.map(({ erased }) => erased), [4, 0, 3]);
    assert.deepEqual(seen.map((segment) => segment.erasure), [1, 0, null]);
    assert.equal(erasure, 7 / 7);
    assert.equal(corrections, 0);
  });

  test("tells what a correction moves from what it should not", async () => {
    await watchCaptions(page);
    const listener = await listen();
    listener.final(1, 1, "Una frase corta.");
    listener.final(2, 2, "Y otra.");
    listener.final(3, 3, "Y la última de todas, que ya es un poco más larga.", { start: 30, end: 33 });
    await segments(3);
    assert.deepEqual((await captionsSeen(page)).moved, []);
    listener.final(4, 3, "Y la primera de todas.", { start: 30, end: 33 });
    await until("corrected", async () => (await page.textContent("[data-segment='3']")).includes("primera"));
    const last = await captionsSeen(page);
    assert.equal(last.corrections, 1);
    assert.deepEqual(last.moved, [], "nothing comes after it");
    listener.final(5, 1, "Una frase que ahora es mucho más larga que antes y llena varias líneas.");
    await until("corrected", async () => (await page.textContent("[data-segment='1']")).includes("ahora"));
    const seen = await captionsSeen(page);
    assert.equal(seen.corrections, 2);
    assert.deepEqual(seen.moved.map(({ segment, after }) => [segment, after]),
      [[2, "correction"], [3, "correction"]]);
  });

  test("sees what comes late, and what has no excuse, but not the reader's own choices", async () => {
    await newPage(desktop);
    await watchCaptions(page);
    const listener = await listen();
    listener.final(2, 2, "Después.", { start: 4, end: 5 });
    await segments(1);
    await captionsSeen(page);
    listener.final(3, 1, "Antes.", { start: 0, end: 1 });
    await segments(2);
    assert.deepEqual((await captionsSeen(page)).moved.map(({ segment, after }) => [segment, after]),
      [[2, "insertion"]]);
    await page.click("#larger");
    await page.click("#original");
    await page.setViewportSize(phone.viewport);
    assert.equal((await captionsSeen(page)).moved.length, 1);
    await page.evaluate(() => document.querySelector("#paper").prepend(document.createElement("hr")));
    assert.deepEqual((await captionsSeen(page)).moved.map(({ after }) => after),
      ["insertion", "growth", "growth"]);
  });
});

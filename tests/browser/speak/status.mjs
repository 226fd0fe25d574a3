// What the server says, on the page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { allow, hides, note, page, server, shows, speak, state } from "./page.mjs";

describe("what the server says", () => {
  test("early captions or final only, with the reason, also when it changes", async () => {
    const speaker = await speak();
    await until("the badge", async () => (await page.textContent("#badge-text")) === "Early captions on");
    assert.equal(await page.isVisible("#badge-why"), false);
    await page.hover("#badge-button");
    await until("the reason", () => page.isVisible("#badge-why"));
    assert.match(await page.textContent("#badge-why"), /share of talks/);
    await page.keyboard.press("Escape");
    assert.equal(await page.isVisible("#badge-why"), false);
    await page.mouse.move(0, 0);
    speaker.status({ partial_results: { enabled: false, reason: "disabled", version: 8 } });
    await until("the badge", async () => (await page.textContent("#badge-text")) === "Final only");
    await page.focus("#badge-button");
    await page.keyboard.press("Enter");
    assert.equal(await page.getAttribute("#badge-button", "aria-expanded"), "true");
    assert.match(await page.textContent("#badge-why"), /operator has switched/);
    assert.equal(await page.isVisible("#badge-why"), true);
    await picture(page, "speak-badge");
    speaker.status({ partial_results: { enabled: false, reason: "<i>new</i>", version: 9 } });
    await until("words for any reason", async () => !/operator/.test(await page.textContent("#badge-why")));
    assert.doesNotMatch(await page.textContent("#badge-why"), /<i>/);
  });

  test("how many listen, in which language, without the page's own preview", async () => {
    const speaker = await speak();
    await server.listener();
    await until("nobody", async () => (await page.textContent("#listeners")) === "No listeners yet");
    speaker.status({ listeners: { total: 4, by_language: { es: 2, en: 1, ca: 1 } } });
    await until("three", async () => (await page.textContent("#listeners")) === "3 listeners");
    assert.deepEqual(await page.locator("#listener-languages li").allTextContents(), ["español 2", "English 1"]);
    speaker.status({ listeners: { total: 2, by_language: { ca: 2 } } });
    await until("one", async () => (await page.textContent("#listeners")) === "1 listener");
  });

  test("that it does not keep up, and what it hears", async () => {
    const speaker = await speak();
    const warnings = (...codes) => ({ warnings: codes.map((code) => ({ code, message: "…" })) });
    speaker.status({ ...warnings("behind"), dropped_seconds: 2.5 });
    await shows("behind");
    assert.match(await note("behind").textContent(), /2\.5 s left out/);
    for (const [code, name] of [["silence", "silence"], ["too_quiet", "too-quiet"], ["clipping", "clipping"]]) {
      speaker.status(warnings(code));
      await shows(name);
      await hides("behind");
    }
    speaker.status(warnings("unheard_of"));
    await hides("clipping");
    speaker.send("nonsense");
    speaker.socket.send("{");
    speaker.status({ listeners: null, warnings: "x", partial_results: 7 });
    await page.waitForFunction(() => true);
    assert.equal(await state(), "live");
  });

  test("the preview shows captions as listeners see them, and markup as text", async () => {
    await speak();
    const catalan = await server.listener();
    assert.equal(catalan.lang, "ca", "the first translation");
    assert.match(await page.textContent("#preview-empty"), /appear here/);
    const hostile = "<img src=x onerror=alert(1)><b>x</b>";
    catalan.final(1, 1, hostile);
    catalan.caption(1, 2, "Un arbre", { provisional: " viu" });
    await until("captions", async () => (await page.textContent("#preview-paper")) === `${hostile} Un arbre viu`);
    assert.equal(await page.locator("#preview-paper :is(img, b)").count(), 0);
    assert.equal(await page.textContent("#preview-paper .provisional:not(:empty)"), "viu");
    assert.equal(await page.isVisible("#preview-empty"), false);

    assert.deepEqual(await page.locator("#preview-language option").allTextContents(), ["català", "español", "English"]);
    const arrival = server.listener();
    await page.selectOption("#preview-language", "en");
    const english = await arrival;
    assert.equal(english.lang, "en");
    english.final(1, 1, "A tree.");
    await until("English", async () => (await page.textContent("#preview-paper")) === "A tree.");
  });

  test("the way in: code, link and QR code", async () => {
    await allow(["clipboard-read", "clipboard-write"]);
    await speak();
    const link = `${server.address}/listen/${id}`;
    assert.equal(await page.textContent("#code"), id);
    assert.equal(await page.$eval("#link", (a) => a.href), link);
    await page.click("#copy");
    await until("copied", async () => (await page.textContent("#copy")) === "Copied");
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
    const qr = page.locator("#qr svg");
    assert.equal(await qr.getAttribute("role"), "img");
    assert.match(await qr.getAttribute("aria-label"), /QR code/);
    assert.equal(await qr.locator("rect").getAttribute("fill"), "#fff");
    const box = await qr.evaluate((svg) => {
      const { x, y, width, height } = svg.querySelector("path").getBBox();
      return { x, y, width, height, all: svg.viewBox.baseVal.width };
    });
    assert.deepEqual([box.x, box.y], [4, 4], "a quiet zone of four modules");
    assert.deepEqual([box.width, box.height], [box.all - 8, box.all - 8]);
    assert.equal((box.all - 8 - 17) % 4, 0, "a size that QR codes have");
  });
});

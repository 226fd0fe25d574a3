// The language of captions: which one, and how it changes.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { becomes, captionSockets, listen, newPage, page, says, server, shows } from "./page.mjs";

describe("the language", () => {
  test("is switched on the open socket, remembered, and what was read stays", async () => {
    const listener = await listen("");
    assert.equal(listener.lang, "ca", "an English browser gets the first translation");
    assert.deepEqual(await page.locator("#language option").allTextContents(), ["català", "español", "English"]);
    listener.final(1, 1, "Bon dia.");
    listener.caption(1, 2, "Un arbre");
    await shows("Bon dia. Un arbre");

    await page.selectOption("#language", "es");
    await shows("Bon dia.");
    assert.deepEqual(listener.asked, [{ type: "language", lang: "es", since: 1 }]);
    listener.caption(1, 2, "Un árbol");
    await shows("Bon dia. Un árbol");
    assert.equal(await page.getAttribute("[data-segment='1']", "lang"), "ca");
    assert.equal(await page.getAttribute("[data-segment='2']", "lang"), "es");
    assert.match(page.url(), /\?lang=es$/);
    assert.equal(await page.getAttribute("html", "lang"), "es");
    assert.equal(captionSockets().length, 1);

    assert.equal((await listen("")).lang, "es", "remembered");
    assert.equal((await listen("?lang=ca")).lang, "ca", "but the address wins");
  });

  test("changes nothing that was read, but by a correction", async () => {
    const listener = await listen("?lang=ca");
    listener.final(1, 1, "Bon dia.");
    listener.final(2, 2, "Un abre.");
    await shows("Bon dia. Un abre.");
    await page.selectOption("#language", "es");
    await until("answered", async () => (await page.getAttribute("html", "lang")) === "es");
    listener.final(1, 1, "Buenos días.");
    listener.final(3, 2, "Un árbol.");
    await shows("Bon dia. Un árbol.");
  });

  test("goes on in the old one until the server answers, and the page says what is waited for", async () => {
    const listener = await listen("?lang=ca");
    listener.answers = false;
    listener.final(1, 1, "Bon dia.");
    await page.selectOption("#language", "es");
    await until("asked", () => listener.asked.length === 1);
    assert.equal(await page.textContent("#status-text"), "S’està canviant de llengua…");
    listener.final(2, 2, "Encara.");
    listener.caption(2, 3, "Obert");
    await shows("Bon dia. Encara. Obert");
    assert.match(page.url(), /lang=ca$/);

    listener.language("es");
    await shows("Bon dia. Encara.");
    assert.equal(await page.textContent("#status-text"), "En directo");
    listener.final(3, 3, "Cerrado.");
    await shows("Bon dia. Encara. Cerrado.");
  });

  test("that is refused on the open socket keeps the old one", async () => {
    const listener = await listen("?lang=ca");
    listener.final(1, 1, "Bon dia.");
    server.sessions.get(id).targets = ["ca"];
    await page.selectOption("#language", "es");
    await says("Ara no hi ha subtítols en español");
    assert.equal(await page.inputValue("#language"), "ca");
    assert.match(page.url(), /lang=ca$/);
    assert.equal(await page.evaluate(() => localStorage.getItem("sotto.language")), null);
    listener.final(2, 2, "Continua.");
    await shows("Bon dia. Continua.");
    assert.equal(await page.textContent("#status-text"), "En directe");
  });

  test("changes while the connection is away", async () => {
    const listener = await listen("?lang=ca");
    listener.final(4, 1, "Bon dia.");
    await shows("Bon dia.");
    server.down = true;
    listener.cut();
    await becomes("reconnecting");
    const arrival = server.listener();
    await page.selectOption("#language", "es");
    server.down = false;
    const again = await arrival;
    assert.equal(again.lang, "es");
    assert.equal(again.since, 4, "nothing again, nothing left out");
    again.final(5, 2, "Sigue.");
    await shows("Bon dia. Sigue.");
  });

  test("changes when the connection goes before the answer comes", async () => {
    const listener = await listen("?lang=ca");
    listener.answers = false;
    listener.final(1, 1, "Bon dia.");
    await shows("Bon dia.");
    await page.selectOption("#language", "es");
    await until("asked", () => listener.asked.length === 1);
    const arrival = server.listener();
    listener.cut();
    const again = await arrival;
    assert.equal(again.lang, "es");
    again.final(2, 2, "Sigue.");
    await shows("Bon dia. Sigue.");
    assert.match(page.url(), /lang=es$/);
  });

  test("comes from the browser where the talk has it, and so do the page's own words", async () => {
    await newPage({ locale: "es-MX" });
    assert.equal((await listen("")).lang, "es");
    assert.equal(await page.getAttribute("html", "lang"), "es");
    assert.equal(await page.textContent("#status-text"), "En directo");
  });

  test("can be the speaker's own", async () => {
    const listener = await listen("?lang=en");
    assert.equal(listener.lang, "en");
    listener.final(1, 1, "Good morning.");
    await shows("Good morning.");
    assert.equal(await page.locator(".mark:visible").count(), 0);
  });
});

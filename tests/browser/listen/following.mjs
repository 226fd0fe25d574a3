// The newest words stay in view, until the reader scrolls back.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { fromEnd, listen, page, provisional, scrollTop } from "./page.mjs";

describe("following", () => {
  async function longTalk() {
    const listener = await listen();
    for (let i = 1; i <= 30; ++i) {
      listener.final(i, i, `Frase número ${i}, que llena al menos dos líneas del teléfono.`);
    }
    await until("all there", async () => (await page.locator(".segment").count()) === 30);
    return listener;
  }

  test("keeps the newest words in view", async () => {
    const listener = await longTalk();
    await until("at the end", async () => (await fromEnd()) < 2);
    listener.caption(31, 31, "La última", { provisional: " palabra de todas" });
    await until("in view", async () => (await fromEnd()) < 2 && (await provisional()).length === 1);
    assert.equal(await page.isVisible("#back-to-live"), false);
  });

  test("stops when the reader scrolls back, and returns at a touch", async () => {
    const listener = await longTalk();
    await until("at the end", async () => (await fromEnd()) < 2);
    await page.mouse.move(180, 400);
    await page.mouse.wheel(0, -500);
    await page.waitForSelector("#back-to-live:visible");
    const place = await scrollTop();
    listener.final(31, 31, "Esto llega mientras se lee más arriba, y no debe mover nada.");
    await until("arrived", async () => (await page.locator(".segment").count()) === 31);
    assert.equal(await scrollTop(), place);
    await picture(page, "listen-scrolled-back");

    await page.click("#back-to-live");
    await until("at the end", async () => (await fromEnd()) < 2);
    assert.equal(await page.isVisible("#back-to-live"), false);
    listener.final(32, 32, "Y otra vez sigue al orador, línea tras línea, hasta el final.");
    await until("followed", async () =>
      (await page.locator(".segment").count()) === 32 && (await fromEnd()) < 2);
  });

  test("works with the keyboard", async () => {
    await longTalk();
    await until("at the end", async () => (await fromEnd()) < 2);
    await page.focus("#captions");
    await page.keyboard.press("PageUp");
    await page.waitForSelector("#back-to-live:visible");
    await page.keyboard.press("End");
    await page.waitForSelector("#back-to-live", { state: "hidden" });
  });
});

// How it looks, on each screen and in each language.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compressedBytes, picture, until } from "../browser.mjs";
import { finished } from "../fake/talk.mjs";
import { becomes, contrast, controls, newPage, open, page, server, shows } from "./page.mjs";

describe("the layout", () => {
  for (const [width, height] of [[360, 740], [1440, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`fits ${width}×${height}, ${colorScheme}`, async () => {
        await newPage({ viewport: { width, height }, colorScheme });
        const look = async (name, ...selectors) => {
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
          for (const selector of selectors) {
            assert.ok((await contrast(selector)) >= 7, `${name}: contrast of ${selector}: ${await contrast(selector)}`);
          }
          await picture(page, `speak-${name}-${width}-${colorScheme}`);
        };
        await open();
        await look("begin", "h1", "#start", "#start-hint", "#choose-file", ".or span");
        const arrival = server.speaker();
        await page.click("#start");
        const speaker = await arrival;
        const listener = await server.listener();
        let seq = 0;
        for (const { segment, text, ...more } of finished("ca", 3)) listener.final(++seq, segment, text, more);
        listener.caption(seq, 4, "Però un arbre viu", { provisional: " vuitanta anys" });
        await until("captions", async () => (await page.locator("#preview-paper .segment").count()) === 4);
        speaker.status({ listeners: { total: 4, by_language: { es: 2, ca: 1, en: 1 } } });
        await until("listeners", async () => (await page.textContent("#listeners")) === "3 listeners");
        await until("a voice", async () => (await page.getAttribute("#meter", "data-zone")) === "good");
        assert.equal(await page.$eval("#code", (code) => getComputedStyle(code).fontSize), width < 1024 ? "40px" : "64px");
        await look("live", "#code", "#invite", "#link", "#copy", "#state-text", "#time", "#badge-text", "#pause", "#mute", "#end",
          "#listeners", "#listener-languages", "#preview-paper", "#preview-paper .provisional:not(:empty)", ".marks span");
        speaker.status({ warnings: [{ code: "clipping" }, { code: "behind" }], dropped_seconds: 3 });
        await shows("behind");
        await look("warned", ".note", ".detail");
        if (width > 1000) {
          // A projector, and a tablet.
          for (const size of [{ width: 1920, height: 1080 }, { width: 768, height: 1024 }]) {
            await page.setViewportSize(size);
            await look(`warned-at-${size.width}`, "#code");
          }
          await page.setViewportSize({ width, height });
        }
        await page.click("#end");
        await look("end", "#end-question", "#end-no", "#end-yes");
        await page.click("#end-yes");
        await becomes("ended");
        await look("ended", "#ended-title", "#ended-hint", "#transcripts a", "#another");
      });
    }
  }

  for (const [locale, title, live] of [["es-ES", "Dar una charla", "En directo"], ["ca-ES", "Feu una xerrada", "En directe"]]) {
    test(`speaks ${locale}, on a phone`, async () => {
      await newPage({ locale, viewport: { width: 360, height: 740 } });
      await open();
      assert.equal(await page.textContent("h1"), title);
      const arrival = server.speaker();
      await page.click("#start");
      await arrival;
      await becomes("live");
      assert.equal(await page.textContent("#state-text"), live);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.equal(await page.locator("[data-text]:empty").count(), 0, "every text is there");
      await picture(page, `speak-${locale}`);
    });
  }

  test("is small", async () => {
    const compressed = compressedBytes(page);
    await open();
    const bytes = await compressed();
    assert.ok(bytes > 10_000 && bytes < 60_000, `${bytes} bytes compressed`);
  });

  test("goes by keyboard alone", async () => {
    await open();
    const focus = () => page.evaluate(() => document.activeElement?.id);
    const tabTo = async (wanted) => {
      for (let i = 0; i < 20 && (await focus()) !== wanted; ++i) await page.keyboard.press("Tab");
      assert.equal(await focus(), wanted);
      const { outlineWidth, outlineStyle } = await page.$eval(`#${wanted}`, (element) => {
        const style = getComputedStyle(element);
        return { outlineWidth: style.outlineWidth, outlineStyle: style.outlineStyle };
      });
      assert.deepEqual([outlineWidth, outlineStyle], ["3px", "solid"], `the focus on ${wanted} is visible`);
      await page.keyboard.press("Enter");
    };
    const arrival = server.speaker();
    await tabTo("start");
    const speaker = await arrival;
    await until("the code has the focus", async () => (await focus()) === "code");
    await tabTo("mute");
    await until("muted", () => controls(speaker).includes("mute true"));
    await tabTo("end");
    await tabTo("end-yes");
    await becomes("ended");
    assert.equal(await focus(), "ended-title");
  });
});

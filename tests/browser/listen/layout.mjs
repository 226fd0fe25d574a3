// From phones to projectors, light and dark.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compressedBytes, picture, until } from "../browser.mjs";
import { finished } from "../fake/talk.mjs";
import { contrast, desktop, listen, newPage, page, phone, projector, segments, sideways } from "./page.mjs";

const screens = [["phone", phone, "28px"], ["desktop", desktop, "40px"], ["projector", projector, "40px"]];

async function talk() {
  const listener = await listen();
  for (const { segment, text, ...more } of finished("es")) listener.final(segment, segment, text, more);
  listener.final(6, 6, "We plant for their grandchildren.", { translated: false, start: 30, end: 33 });
  listener.caption(6, 7, "Cuando plantamos un roble al lado de una escuela", {
    provisional: " elegimos también sombra", start: 36, end: 39, source: "When we plant an oak next to a school",
  });
  await segments(7);
  return listener;
}

describe("the layout", () => {
  for (const [name, screen, size] of screens) {
    for (const colorScheme of ["light", "dark"]) {
      test(`fits a ${name}, ${colorScheme}`, async () => {
        await newPage({ ...screen, colorScheme });
        await talk();
        assert.equal(await page.$eval("#paper", (paper) => getComputedStyle(paper).fontSize), size);
        assert.equal(await sideways(), false);
        for (const selector of ["#paper", ".provisional", ".mark:not([hidden])", "#code", "#status"]) {
          assert.ok((await contrast(selector)) >= 7, `contrast of ${selector}: ${await contrast(selector)}`);
        }
        await picture(page, `listen-${name}-${colorScheme}`);

        if (name === "phone") await page.click("#more");
        await page.click("#original");
        await page.click("#neutral");
        await until("thanks", async () => (await page.textContent("#toast")) !== "");
        if (name !== "phone") await page.click("#transcript-open");
        assert.equal(await sideways(), false);
        for (const selector of ["#sound", "#smaller", "#original", "#neutral", "#theme", "#transcript a"]) {
          assert.ok((await contrast(selector)) >= 4.5, `contrast of ${selector}: ${await contrast(selector)}`);
        }
        for (const selector of ["#toast", ".source"]) {
          assert.ok((await contrast(selector)) >= 7, `contrast of ${selector}: ${await contrast(selector)}`);
        }
        await picture(page, `listen-bar-${name}-${colorScheme}`);
        if (name !== "phone") return;
        await page.click("#captions", { position: { x: 180, y: 600 } });
        await picture(page, `listen-original-${name}-${colorScheme}`);
      });
    }
  }

  for (const width of [320, 480, 768, 1023, 1024, 1280]) {
    test(`does not scroll sideways at ${width} pixels, however long the words`, async () => {
      await newPage({ viewport: { width, height: 700 }, locale: "ca-ES" });
      const listener = await listen("?lang=ca");
      const wide = `Una paraula sense fi: ${"ampla".repeat(40)}.`;
      listener.final(1, 1, wide, { source: wide });
      listener.status("paused");
      await segments(1);
      if (width < 1024) await page.click("#more");
      await page.click("#original");
      while (await page.isEnabled("#larger")) await page.click("#larger");
      assert.equal(await sideways(), false);
      const outside = await page.$$eval("header button, header select, header a", (all) => all
        .map((element) => [element.id, element.getBoundingClientRect()])
        .filter(([, { left, right, width: w }]) => w > 0 && (left < 0 || right > innerWidth))
        .map(([id]) => id));
      assert.deepEqual(outside, []);
    });
  }

  test("moves nothing for those who want no motion, and nothing for long for anybody", async () => {
    await talk();
    await page.click("#more");
    assert.ok(await page.evaluate(() => document.getAnimations()
      .every((animation) => animation.effect.getComputedTiming().endTime <= 150)));
  });

  test("comes in less than 60 kB", async () => {
    const compressed = compressedBytes(page);
    await listen();
    const total = await compressed();
    assert.ok(total > 10_000 && total < 60_000, `${total} bytes`);
  });
});

// What is wrong with the sound.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { hides, note, page, play, rate, server, shows, voice } from "./page.mjs";

describe("the level", () => {
  test("nothing for 5 s", async () => {
    await play(new Int16Array(rate * 9));
    await shows("silence");
    assert.ok(server.seconds >= 4.5, `after ${server.seconds} s`);
    assert.match(await note("silence").textContent(), /right microphone/);
    assert.equal(await page.getAttribute("#meter", "data-zone"), "quiet");
    await picture(page, "speak-silence");
  });

  test("too quiet", async () => {
    await play(voice(9, 0.004));
    await shows("too-quiet");
    assert.equal(await note("silence").count(), 0);
  });

  test("clipping, and then not any more", async () => {
    await play(Int16Array.from([...voice(3, 3), ...voice(6, 0.3)]));
    await Promise.all([
      shows("clipping"),
      until("the meter shows it", async () => (await page.getAttribute("#meter", "data-zone")) === "clipping"),
    ]);
    await hides("clipping");
  });
});

// A file in place of the microphone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import {
  becomes, choose, controls, heardExactly, numbered, open, page, play, rate, says, server, wav,
} from "./page.mjs";

describe("a file", () => {
  test("is played in real time, every sample once, and the talk ends with it", async () => {
    const samples = numbered(3);
    const speaker = await play(samples);
    const begun = performance.now();
    await until("playing", async () => (await page.textContent("#source")) === "Playing talk.wav");
    await becomes("ended");
    heardExactly(samples);
    const took = (performance.now() - begun) / 1000;
    assert.ok(took > 2.5, `three seconds took ${took} s`);
    assert.deepEqual(controls(speaker), ["start", "end"]);
  });

  test("stands still in a pause, and goes on where it was", async () => {
    const samples = numbered(3);
    const speaker = await play(samples);
    await until("sound", () => server.seconds >= 1);
    await page.click("#pause");
    await until("told", () => controls(speaker).includes("pause"));
    const paused = server.seconds;
    await page.waitForFunction((from) => performance.now() > from + 700, await page.evaluate(() => performance.now()));
    assert.equal(server.seconds, paused);
    await page.click("#pause");
    await becomes("ended");
    heardExactly(samples);
  });

  test("that is no good is refused, and the page says why", async () => {
    await open();
    for (const [name, file, words] of [
      ["talk.wav", wav(numbered(1), { promised: rate * 4 }), /talk\.wav is cut short: 1\.0 of 4\.0 s/],
      ["short.wav", wav(numbered(1)).subarray(0, 30), /short\.wav is cut short: not even its header is whole/],
      ["empty.wav", wav(new Int16Array(0)), /no sound in empty\.wav/],
      ["notes.txt", Buffer.from("These are notes.".repeat(100)), /cannot read notes\.txt as sound/],
      ["<b>x</b>.mp3", Buffer.alloc(0), /no sound in <b>x<\/b>\.mp3/],
    ]) {
      await choose(file, name);
      await says(words);
      assert.equal(await page.isEnabled("#start"), true);
    }
    assert.equal(await page.locator("#begin-answer b").count(), 0);
    assert.deepEqual(server.bodies, [], "no talk was begun");
    await picture(page, "speak-file");
  });
});

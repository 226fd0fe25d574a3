// The microphone: what of it arrives, and the controls.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { token } from "../fake/speak_server.mjs";
import {
  becomes, controls, end, hides, note, page, rate, server, shows, speak, state,
} from "./page.mjs";

/** Makes what the page hears `window.stream`. */
function keepStream() {
  return page.addInitScript(() => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wishes) => {
      window.stream = await real(wishes);
      return window.stream;
    };
  });
}

describe("the microphone", () => {
  test("arrives as PCM at the declared rate, and the meter moves", async () => {
    const speaker = await speak();
    assert.deepEqual(speaker.messages[0], { type: "start", token, sample_rate: rate, at: 0 });
    await until("two seconds", () => server.seconds >= 2);
    for (const { samples } of speaker.pieces) {
      const seconds = samples.length / rate;
      assert.ok(seconds >= 0.02 && seconds <= 1, `a piece of ${seconds} s`);
    }
    const { samples } = server;
    const later = samples.subarray(samples.length - rate);
    const rms = Math.sqrt(later.reduce((sum, sample) => sum + sample * sample, 0) / later.length) / 32768;
    assert.ok(Math.abs(rms - 0.13) < 0.02, `energy ${rms}`);
    const crossings = later.reduce((sum, sample, i) => sum + (i > 0 && (sample < 0) !== (later[i - 1] < 0) ? 1 : 0), 0);
    assert.ok(Math.abs(crossings - 440) < 30, `a hum of 220 Hz crosses zero 440 times a second, not ${crossings}`);

    const levels = new Set();
    await until("three levels", async () => levels.add(await page.getAttribute("#meter", "aria-valuenow")).size >= 3);
    assert.equal(await page.getAttribute("#meter", "data-zone"), "good");
    assert.match(await page.getAttribute("#meter", "aria-valuetext"), /dB, good$/);
    assert.equal(await page.getAttribute("#meter", "role"), "meter");
    assert.match(await page.textContent("#source"), /Microphone: .+/);
    await until("the time goes on", async () => (await page.textContent("#time")) >= "0:02");
    assert.equal(await state(), "live");
  });

  test("keeps the screen on, and asks before the page is left", async () => {
    await page.addInitScript(() => {
      window.locks = [];
      const lock = { released: false, release: async () => void window.locks.push("released") };
      Object.defineProperty(navigator, "wakeLock", {
        value: { request: async (kind) => (window.locks.push(kind), lock) },
      });
    });
    await speak();
    await until("locked", () => page.evaluate(() => window.locks.join() === "screen"));
    const leaves = () => page.evaluate(() => dispatchEvent(new Event("beforeunload", { cancelable: true })));
    assert.equal(await leaves(), false);
    await end();
    await until("released", () => page.evaluate(() => window.locks.join() === "screen,released"));
    assert.equal(await leaves(), true);
  });

  test("is taken as it is: no echo canceller, no noise suppressor, no gain control", async () => {
    await keepStream();
    await speak();
    const settings = await page.evaluate(() => window.stream.getAudioTracks()[0].getSettings());
    assert.equal(settings.echoCancellation, false);
    assert.equal(settings.noiseSuppression, false);
    assert.equal(settings.autoGainControl, false);
    await end();
    assert.equal(await page.evaluate(() => window.stream.getAudioTracks()[0].readyState), "ended", "let go of");
  });

  test("may be pulled out and used again", async () => {
    await keepStream();
    await speak();
    await until("sound", () => server.seconds >= 0.5);
    await page.evaluate(() => window.stream.getAudioTracks()[0].dispatchEvent(new Event("ended")));
    await shows("microphone-gone");
    await note("microphone-gone").getByRole("button").click();
    await hides("microphone-gone");
    const before = server.seconds;
    await until("sound again", () => server.seconds >= before + 1);
  });

  test("pauses: the server is told, and hears nothing until it goes on", async () => {
    const speaker = await speak();
    await until("sound", () => server.seconds >= 0.5);
    await page.click("#pause");
    await becomes("paused");
    await until("told", () => controls(speaker).includes("pause"));
    assert.equal(await page.textContent("#pause-text"), "Resume");
    await picture(page, "speak-paused");
    const paused = server.seconds;
    await page.waitForFunction((from) => performance.now() > from + 700, await page.evaluate(() => performance.now()));
    assert.equal(server.seconds, paused);
    await page.click("#pause");
    await becomes("live");
    await until("sound again", () => server.seconds >= paused + 0.5);
    assert.deepEqual(controls(speaker), ["start", "pause", "resume"]);
  });

  test("is muted: silence goes out, and nobody is warned of it", async () => {
    const speaker = await speak();
    await until("sound", () => server.seconds >= 0.5);
    await page.click("#mute");
    await becomes("muted");
    await until("told", () => controls(speaker).includes("mute true"));
    const { at } = speaker.messages.at(-1);
    await until("two seconds", () => speaker.samples >= at + 2 * rate);
    assert.ok(server.samples.subarray(at).every((sample) => sample === 0), "not a sound");
    assert.equal(await page.getAttribute("#meter", "aria-valuenow"), "-60");
    assert.equal(await page.getAttribute("#meter", "data-zone"), "rest");
    await page.click("#mute");
    await becomes("live");
    await until("told", () => controls(speaker).includes("mute false"));
    await until("sound again", () => server.samples.subarray(speaker.messages.at(-1).at).some((sample) => sample !== 0));
  });

  test("a talk ends once it was asked, after the last of the sound", async () => {
    const speaker = await speak();
    await until("sound", () => server.seconds >= 1);
    await page.click("#end");
    await picture(page, "speak-end");
    await page.click("#end-no");
    assert.equal(await page.isVisible("#end-dialog"), false);
    assert.ok(!controls(speaker).includes("end"));

    server.finishes = false;
    await page.click("#end");
    await page.keyboard.press("Escape");
    assert.equal(await page.isVisible("#end-dialog"), false);
    await page.click("#end");
    await page.click("#end-yes");
    await becomes("ending");
    await shows("ending");
    await until("told", () => controls(speaker).includes("end"));
    assert.equal(speaker.messages.at(-1).at, speaker.samples, "nothing comes after it");
    server.sessions.get(id).state = "ended";
    speaker.socket.close(1000);
    await becomes("ended");

    const links = await page.$$eval("#transcripts a", (all) => all.map((a) => a.getAttribute("href")));
    assert.equal(links.length, 9);
    for (const lang of ["en", "ca", "es"]) {
      for (const format of ["vtt", "srt", "jsonl"]) {
        assert.ok(links.includes(`/v1/sessions/${id}/captions.${format}?lang=${lang}`), `${lang} ${format}`);
      }
    }
    assert.deepEqual(await page.locator("#transcripts th").allTextContents(), ["English", "català", "español"]);
    await page.click("#another");
    await until("the first page", () => page.isVisible("#begin"));
    await page.reload();
    await until("the first page", () => page.isVisible("#begin"));
  });
});

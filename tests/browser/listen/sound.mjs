// The talk's speech: pieces that are played one after the other.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { hum } from "../fake/talk.mjs";
import { becomes, desktop, listen, newPage, page, says, server } from "./page.mjs";

const rate = 22050;
const line = () => page.textContent("#sound-line");
const speechSockets = () => server.requests.filter((request) => request.includes("/speech?"));
const isClosed = (listener) => listener.socket.readyState === listener.socket.CLOSED;
const played = () => page.evaluate(() => window.played);
/** A piece that can be told from others: every sample is the same. */
const piece = (seconds, mark) => new Int16Array(Math.round(seconds * rate)).fill(mark * 1024);
const marks = async () => (await played()).map(({ mark }) => mark);

/** Notes on the page what is handed to the sound card: when, how much, how fast. */
function watchSound() {
  return page.addInitScript(() => {
    window.played = [];
    window.contexts = [];
    window.sources = [];
    window.made = 0;
    const { start, stop } = AudioBufferSourceNode.prototype;
    const { createBuffer } = BaseAudioContext.prototype;
    BaseAudioContext.prototype.createBuffer = function (...args) {
      ++window.made;
      return createBuffer.apply(this, args);
    };
    AudioBufferSourceNode.prototype.start = function (when) {
      const { buffer, playbackRate } = this;
      this.note = {
        when, seconds: buffer.duration, speed: playbackRate.value, samples: buffer.length,
        mark: Math.round(buffer.getChannelData(0)[0] * 32), stopped: false,
      };
      window.played.push(this.note);
      window.sources.push(this);
      if (!window.contexts.includes(this.context)) window.contexts.push(this.context);
      return start.call(this, when);
    };
    AudioBufferSourceNode.prototype.stop = function () {
      this.note.stopped = true;
      return stop.call(this);
    };
  });
}

/** Opens the page, turns the sound on, and returns the server's ends of both sockets. */
async function hear(query = "?lang=es") {
  await watchSound();
  const listener = await listen(query);
  await until("offered", () => page.isVisible("#sound"));
  const arrival = server.listener("speech");
  await page.click("#sound");
  const speech = await arrival;
  await until("waiting for words", async () => /próximas palabras|paraules següents/.test(await line()));
  return { listener, speech };
}

describe("the sound", () => {
  test("plays pieces in order without a gap, and says so", async () => {
    const { speech } = await hear();
    assert.equal(speech.lang, "es");
    assert.equal(await page.getAttribute("#sound", "aria-pressed"), "true");
    speech.speech(1, piece(2.5, 1));
    speech.speech(2, new Int16Array(0));
    speech.speech(3, piece(0.3, 2), { chunk: 999 });
    speech.speech(4, piece(0.5, 3), { rate: 16000 });
    await until("speaking", async () => (await line()) === "Hablando");
    await until("all handed over", async () => (await played()).length === 3);
    const notes = await played();
    assert.deepEqual(notes.map(({ mark }) => mark), [1, 2, 3]);
    assert.deepEqual(notes.map(({ samples }) => samples), [2.5, 0.3, 0.5].map((s) => Math.round(s * rate)));
    assert.deepEqual(notes.map(({ speed }) => speed), [1, 1, 1]);
    for (const [i, note] of notes.slice(1).entries()) {
      assert.ok(Math.abs(note.when - notes[i].when - notes[i].seconds) < 1e-6, `a gap before ${i + 1}`);
    }
    await until("all heard", async () => /próximas palabras/.test(await line()));
  });

  test("hurries a little when it falls behind, and leaves nothing out", async () => {
    const { speech } = await hear();
    const pieces = 12;
    speech.speech(1, piece(20, 1));
    for (let i = 2; i <= pieces; ++i) speech.speech(i, piece(0.2, i));
    await until("all there", () => page.evaluate((all) => window.made === all, pieces));
    assert.deepEqual(await marks(), [1, 2], "one plays, one is ready");
    for (let ended = 0; ended < pieces - 2; ++ended) {
      await page.evaluate((i) => window.sources[i].stop(), ended);
      await until("the next", async () => (await played()).length >= ended + 3);
    }
    const notes = await played();
    assert.deepEqual(notes.map(({ mark }) => mark), [...notes.keys()].map((i) => i + 1));
    assert.deepEqual(notes.map(({ speed }) => speed), notes.map((_, i) => (i === 0 ? 1 : 1.25)));
    for (const [i, { when }] of notes.slice(1).entries()) {
      const end = notes[i].when + notes[i].seconds / notes[i].speed;
      assert.ok(Math.abs(when - end) < 1e-6, `a gap after ${i + 1}`);
    }
  });

  test("stops at once when it is turned off", async () => {
    const { speech } = await hear();
    speech.speech(1, piece(5, 1));
    speech.speech(2, piece(5, 2));
    await until("speaking", async () => (await line()) === "Hablando");
    await page.click("#sound");
    assert.equal(await page.getAttribute("#sound", "aria-pressed"), "false");
    assert.equal(await page.isVisible("#sound-line"), false);
    assert.ok((await played()).every(({ stopped }) => stopped));
    await until("released", () => page.evaluate(() => window.contexts.every(({ state }) => state === "closed")));
    await until("closed", () => isClosed(speech));

    const again = server.listener("speech");
    await page.click("#sound");
    (await again).speech(3, piece(0.2, 3));
    await until("speaking again", async () => (await marks()).includes(3));
  });

  test("cannot be had in a language without speech, and says why", async () => {
    server.sessions.get(id).speech = ["en", "es"];
    await watchSound();
    await listen("?lang=ca");
    await until("offered", () => page.isVisible("#sound"));
    assert.equal(await page.getAttribute("#sound", "aria-disabled"), "true");
    assert.match(await page.getAttribute("#sound", "aria-label"), /No hi ha so en català/);
    await page.click("#sound", { force: true });
    await says("No hi ha so en català");
    assert.equal(speechSockets().length, 0);
    await page.selectOption("#language", "es");
    await until("offered", async () => (await page.getAttribute("#sound", "aria-disabled")) === "false");
  });

  test("follows the language on the same socket, without a word of the old one", async () => {
    const { speech } = await hear();
    speech.speech(1, piece(5, 1));
    speech.speech(2, piece(5, 2));
    speech.speech(3, piece(5, 3));
    await until("speaking", async () => (await line()) === "Hablando");
    speech.answers = false;
    await page.selectOption("#language", "ca");
    await until("asked", () => speech.asked.length === 1);
    assert.ok((await played()).every(({ stopped }) => stopped));
    speech.speech(4, piece(0.2, 4));
    speech.language("ca");
    speech.speech(5, piece(0.2, 5));
    await until("in Catalan", async () => (await marks()).includes(5));
    assert.deepEqual(await marks(), [1, 2, 5]);
    assert.equal(speechSockets().length, 1);
  });

  test("goes off with a word where the new language has none", async () => {
    server.sessions.get(id).speech = ["en", "es"];
    const { speech } = await hear();
    await page.selectOption("#language", "ca");
    await says("No hi ha so en català");
    assert.equal(await page.getAttribute("#sound", "aria-pressed"), "false");
    await until("closed", () => isClosed(speech));
  });

  test("comes back after a loss, and plays what it has meanwhile", async () => {
    const { speech } = await hear();
    speech.speech(1, piece(2, 1));
    speech.speech(2, piece(1, 2));
    await until("speaking", async () => (await line()) === "Hablando");
    const arrival = server.listener("speech");
    speech.cut();
    const again = await arrival;
    assert.equal(again.lang, "es");
    assert.ok((await played()).every(({ stopped }) => !stopped));
    again.speech(3, piece(0.2, 3));
    await until("going on", async () => (await marks()).join() === "1,2,3");
  });

  test("says while it connects", async () => {
    await listen();
    await until("offered", () => page.isVisible("#sound"));
    server.down = true;
    await page.click("#sound");
    await until("connecting", async () => (await line()) === "Sonido: conectando…");
    const arrival = server.listener("speech");
    server.down = false;
    await arrival;
    await until("connected", async () => /próximas palabras/.test(await line()));
  });

  test("is heard to the end of the talk, and then goes off", async () => {
    const { listener, speech } = await hear();
    speech.speech(1, piece(2, 1));
    await until("speaking", async () => (await line()) === "Hablando");
    for (const end of [listener, speech]) {
      end.status("ended");
      end.close(1000);
    }
    await becomes("ended");
    await until("off", async () => (await page.getAttribute("#sound", "aria-pressed")) === "false");
    assert.deepEqual((await played()).map(({ stopped }) => stopped), [false]);
    assert.equal(await page.getAttribute("#sound", "aria-disabled"), "true");
  });

  test("survives pieces that make no sense", async () => {
    const { speech } = await hear();
    for (const bad of [{ samples: -1 }, { samples: "7" }, { samples: 1e12 }, { sample_rate: 0 }, { sample_rate: 1e9 }]) {
      speech.send({ type: "speech", segment: 1, lang: "es", text: "", sample_rate: rate, samples: 3, ...bad });
      speech.socket.send(new Uint8Array([1, 2, 3, 4, 5, 6]));
    }
    speech.socket.send(new Uint8Array(0));
    speech.speech(2, piece(0.2, 2));
    await until("the good one", async () => (await marks()).includes(2));
    assert.deepEqual(await marks(), [2]);
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`has a line on the page while it is on, ${colorScheme}`, async () => {
      await newPage({ ...desktop, colorScheme });
      const { listener, speech } = await hear();
      listener.final(1, 1, "Hoy quiero hablar de cómo decide una ciudad dónde deben crecer sus árboles.");
      speech.speech(1, hum(3));
      await until("speaking", async () => (await line()) === "Hablando");
      await picture(page, `listen-sound-1440-${colorScheme}`);
    });
  }
});

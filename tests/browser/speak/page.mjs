// Chromium with a microphone that plays a file, a page in it, and the server behind it, new for
// every test. What the test files share.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach } from "node:test";
import { letWorkletsRun, openBrowser, until } from "../browser.mjs";
import { SpeakServer, token } from "../fake/speak_server.mjs";
import { microphoneOf, microphoneRefused, wav as soundFile } from "../microphone.mjs";
import { contrastOf, Pages } from "../pages.mjs";

/** What Chromium gives audio contexts where there is no sound card. */
export let rate;
const folder = mkdtempSync(join(tmpdir(), "sotto-speak-"));
/** Another Chromium, which refuses the microphone. */
export let refusing;
export let server;
export let page;

/** A WAV file of 16-bit mono samples. */
export const wav = (samples, options = {}) => soundFile(samples, { sampleRate: rate, ...options });

const pages = new Pages({ viewport: { width: 1280, height: 900 } }, { args: microphone, secret: token });

function microphone() {
  const file = join(folder, "microphone.wav");
  writeFileSync(file, wav(voice(4, 0.3, 48000), { sampleRate: 48000 }));
  return [...microphoneOf(file), "--host-resolver-rules=MAP talk.test 127.0.0.1"];
}

/** Something like a voice: a hum that comes and goes. `loudness` from 0 to 1. */
export function voice(seconds, loudness, sampleRate = rate) {
  return Int16Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => {
    const time = i / sampleRate;
    const word = 0.5 - 0.5 * Math.cos(2 * Math.PI * 4 * time);
    return Math.max(-32768, Math.min(32767, 32768 * loudness * word * Math.sin(2 * Math.PI * 220 * time)));
  });
}

/** Samples that no other place in the file has beside it: what is lost or repeated shows. */
export function numbered(seconds, sampleRate = rate) {
  let state = 1;
  return Int16Array.from({ length: Math.round(seconds * sampleRate) }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return (state >> 12) % 8000 + 1;
  });
}

let prepared;

/** Once, before the first test. */
async function prepare() {
  await pages.start();
  refusing = await openBrowser({ args: microphoneRefused });
  const first = await pages.browser.newPage();
  rate = await first.evaluate(() => new AudioContext().sampleRate);
  await first.close();
}

after(async () => {
  await refusing?.close();
  rmSync(folder, { recursive: true, force: true });
});

export async function newPage(options, from) {
  page = await pages.open(({ port }) => port === String(server.port), options, from);
  await letWorkletsRun(page);
}

beforeEach(async () => {
  await (prepared ??= prepare());
  server = await SpeakServer.start();
  await newPage();
});

afterEach(async () => {
  await pages.finish(server);
  assert.ok(!server.requests.some((request) => decodeURIComponent(request).includes(token)), "the token is in no address");
});

export const state = () => page.getAttribute("body", "data-state");
export const becomes = (wanted, options) => until(`state ${wanted}`, async () => (await state()) === wanted, options);
export const answer = () => page.textContent("#begin-answer");
export const says = (words) => until(`${words}`, async () => words.test(await answer()));
export const note = (name) => page.locator(`[data-note="${name}"]`);
export const shows = (name, options) => until(`note ${name}`, async () => (await note(name).count()) === 1, options);
export const hides = (name, options) => until(`no note ${name}`, async () => (await note(name).count()) === 0, options);
export const controls = (speaker) => speaker.messages.map(({ type, on }) => (on === undefined ? type : `${type} ${on}`));

export async function open(query = "") {
  await page.goto(`${server.address}/speak${query}`);
  await until("the page is ready", () => page.isEnabled("#start"));
}

/** Opens the page and starts with the microphone; returns the server's end of the audio socket. */
export async function speak() {
  const arrival = server.speaker();
  await open();
  await page.click("#start");
  return arrival;
}

export async function choose(file, name = "talk.wav") {
  const chooser = page.waitForEvent("filechooser");
  await page.click("#choose-file");
  await (await chooser).setFiles({ name, mimeType: "", buffer: file });
}

/** Opens the page and starts with a file. */
export async function play(samples) {
  const arrival = server.speaker();
  await open();
  await choose(wav(samples));
  return arrival;
}

export async function end() {
  await page.click("#end");
  await page.click("#end-yes");
  await becomes("ended");
}

/** Asserts that what was heard is the file: from its first sample to its last, once. */
export function heardExactly(samples, { upTo = samples.length } = {}) {
  const heard = server.samples;
  const begin = heard.findIndex((sample) => sample !== 0);
  assert.ok(begin >= 0 && begin < rate, `the sound begins at sample ${begin}`);
  for (let i = 0; i < upTo; ++i) {
    if (heard[begin + i] === samples[i]) continue;
    assert.fail(`at ${(i / rate).toFixed(2)} s of ${(samples.length / rate).toFixed(1)} s something is missing or repeated`);
  }
  if (upTo === samples.length) {
    const rest = heard.subarray(begin + upTo);
    assert.ok(rest.every((sample) => sample === 0) && rest.length < rate, `${rest.length} samples too many`);
  }
}

export const contrast = (selector) => contrastOf(page, selector);
export const allow = (permissions) => pages.context.grantPermissions(permissions);

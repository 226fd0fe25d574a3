// The whole story with the real program: a speaker at a microphone, listeners in two languages who
// read and hear, a network that fails, an operator who pulls the switch, a server that is killed.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { letWorkletsRun, openBrowser, picture, until } from "./browser.mjs";
import { microphoneOf, wav } from "./microphone.mjs";
import { watchPage } from "./pages.mjs";
import { Program, patience } from "../support/program.mjs";

const recordings = "/usr/share/pocketsphinx/test/data/librivox";
const phone = { width: 360, height: 740 };
const desktop = { width: 1440, height: 900 };

const server = new Program({ models: true });
const problems = [];
let browser;
let address;
let id;
let speaker, reader, hearer, operator;

/** The recordings one after the other, as one WAV file: 16 kHz, 16 bits, mono. */
function microphone() {
  const pieces = readdirSync(recordings).filter((name) => name.endsWith(".wav")).sort()
    .flatMap((name) => {
      const file = readFileSync(join(recordings, name));
      return [file.subarray(file.indexOf("data") + 8), Buffer.alloc(16_000)];
    });
  const file = join(server.data, "..", "microphone.wav");
  writeFileSync(file, wav(Buffer.concat(pieces), { sampleRate: 16_000 }));
  return file;
}

async function open(path, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", viewport: desktop, ...options });
  const page = await context.newPage();
  watchPage(page, problems, ({ href }) => href.startsWith(address));
  await page.goto(new URL(path, address).href);
  return page;
}

/** What a page looks like on a phone and on a desk. */
async function pictures(page, name) {
  const before = page.viewportSize();
  for (const [kind, size] of [["phone", phone], ["desktop", desktop]]) {
    await page.setViewportSize(size);
    await picture(page, `story-${name}-${kind}`);
  }
  await page.setViewportSize(before);
}

const finals = (page) =>
  page.locator("#paper .segment[data-final='true']").evaluateAll((segments) => segments.map((segment) => {
    const copy = segment.cloneNode(true);
    for (const extra of copy.querySelectorAll(".mark, .source")) extra.remove();
    return { segment: Number(segment.dataset.segment), lang: segment.lang, text: copy.textContent.trim() };
  }));

/** The transcript's lines, as the server has them. */
async function transcript(lang) {
  const answer = await fetch(`${address}/v1/sessions/${id}/captions.jsonl?lang=${lang}`);
  assert.equal(answer.status, 200);
  return (await answer.text()).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Waits for new finals after those that are there. */
async function goesOn(page, what) {
  const last = Math.max(0, ...(await finals(page)).map(({ segment }) => segment));
  await until(what, async () =>
    (await finals(page)).some(({ segment, text }) => segment > last && text !== ""), patience);
}

/**
 * Every settled line from the first on the page to its last is there, once, with its words in the
 * language in which it was read.
 */
async function complete(page) {
  const shown = await finals(page);
  const numbers = shown.map(({ segment }) => segment);
  const said = {};
  for (const lang of new Set(shown.map((line) => line.lang))) said[lang] = await transcript(lang);
  const there = said[shown[0].lang].map(({ segment }) => segment)
    .filter((segment) => segment >= numbers[0] && segment <= numbers.at(-1));
  assert.deepEqual(numbers, there);
  for (const { segment, lang, text } of shown) {
    assert.equal(text, said[lang].find((line) => line.segment === segment).text, `${lang} ${segment}`);
  }
  assert.ok(shown.length > 1, "there is something to compare");
}

let grace;

/** What somebody does who has a token of her own. */
async function rollout(method, path, body) {
  grace ??= (await server.run("operator", "add", "Grace")).trim();
  const answer = await fetch(`${address}/v1/rollout${path}`, {
    method, body: JSON.stringify(body),
    headers: { authorization: `Bearer ${grace}` },
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

before(async () => {
  assert.ok(existsSync(recordings), "pocketsphinx-testdata is installed");
  server.start("--port", "0", "--no-demo");
  address = await server.announced("listening on");
  browser = await openBrowser({ args: [
    ...microphoneOf(microphone()), "--autoplay-policy=no-user-gesture-required",
  ] });
});

after(async () => {
  await browser?.close();
  await server.remove();
  assert.deepEqual(problems, []);
});

test("a speaker starts a talk from the start page", async () => {
  speaker = await open("/");
  await letWorkletsRun(speaker);
  await pictures(speaker, "start");
  await speaker.click("#start");
  await speaker.waitForURL(/\/speak/);
  await speaker.click("#start");
  await until("the talk's code", async () =>
    /^[a-z]+-[a-z]+-\d{3}$/.test((await speaker.textContent("#code")).trim()), patience);
  id = (await speaker.textContent("#code")).trim();
  assert.ok(await speaker.isVisible("#qr svg, #qr canvas, #qr img"), "the code to photograph");
  assert.match(await speaker.textContent("#badge-text"), /early captions/i);
});

test("listeners join in two languages and read", async () => {
  reader = await open("/");
  await reader.fill("#code", id.replace(/-/g, " ").toUpperCase());
  await reader.click("#join");
  await reader.waitForURL(new RegExp(`/listen/${id}`));
  await reader.selectOption("#language", "es");
  hearer = await open(`/listen/${id}?lang=ca`);
  await goesOn(reader, "Spanish captions");
  await goesOn(hearer, "Catalan captions");
  await until("the speaker sees who listens", async () =>
    /2/.test(await speaker.textContent("#listeners")), patience);
  await pictures(speaker, "speak");
  await pictures(reader, "listen");
});

test("a listener hears the talk", async () => {
  let samples = 0;
  hearer.on("websocket", (socket) => {
    if (!socket.url().includes("/speech")) return;
    socket.on("framereceived", ({ payload }) => {
      if (typeof payload !== "string") samples += payload.length / 2;
    });
  });
  await hearer.click("#sound");
  await until("two seconds of Catalan speech", () => samples > 2 * 22_050, patience);
  assert.ok(await hearer.isVisible("#sound-line"), "that it plays is to be seen");
  await pictures(hearer, "listen-sound");
  await hearer.click("#sound");
});

test("a listener switches language without reconnecting", async () => {
  const sockets = [];
  reader.on("websocket", (socket) => sockets.push(socket.url()));
  await reader.selectOption("#language", "ca");
  await until("Catalan lines", async () =>
    (await finals(reader)).some(({ lang, text }) => lang === "ca" && text !== ""), patience);
  assert.deepEqual(sockets, []);
  await reader.selectOption("#language", "es");
});

test("the network fails, and comes back with nothing missing", async () => {
  await goesOn(hearer, "captions before the loss");
  await hearer.context().setOffline(true);
  await until("the loss is seen", async () =>
    (await hearer.getAttribute("body", "data-state")) === "reconnecting", patience);
  await goesOn(reader, "the talk goes on meanwhile");
  await goesOn(reader, "and on");
  await hearer.context().setOffline(false);
  await goesOn(hearer, "captions after the loss");
  await complete(hearer);
});

test("a listener gives a thumb up", async () => {
  if (!(await reader.isVisible("#up"))) await reader.click("#more");
  await reader.click("#up");
  await until("thanks", async () => (await reader.textContent("#toast")).trim() !== "", patience);
});

test("the console follows the flag", async () => {
  operator = await open("/console");
  await operator.fill("#token", server.operatorToken);
  await operator.click("#enter");
  const percentage = async () => (await operator.textContent("#percentage")).replace(/\s/gu, "");
  await until("100 %", async () => (await percentage()).startsWith("100%"), patience);
  await until("the talk in the list", async () =>
    (await operator.textContent("#sessions tbody")).includes(id), patience);
  await rollout("PATCH", "", { rollout_percentage: 50, reason: "second phase" });
  await until("50 %", async () => (await percentage()).startsWith("50%"), patience);
  await until("who did it", async () => (await operator.textContent("#history")).includes("Grace"), patience);
  await operator.fill("#lookup-id", id);
  await operator.click("#lookup-form button");
  await until("an explanation", async () =>
    (await operator.textContent("#lookup-answer")).includes("bucket"), patience);
  await pictures(operator, "console");
});

test("the operator disables it, and the live talk goes on with finals", async () => {
  await operator.click("#disable");
  await operator.fill("#ask-reason", "captions dance");
  await picture(operator, "story-console-disable");
  await operator.click("#ask-confirm");
  await until("the acknowledgement", async () =>
    /acknowledged by 1 of 1/i.test(await operator.textContent("#outcome")), patience);
  await until("the talk in finals", async () =>
    /finals? only/i.test(await operator.textContent("#sessions tbody")), patience);
  await until("the speaker's badge", async () =>
    /finals? only/i.test(await speaker.textContent("#badge-text")), patience);
  await goesOn(reader, "captions from finals");
  await pictures(operator, "console-disabled");
  await complete(reader);
});

test("the server is killed, and the talk goes on where it was", async () => {
  await goesOn(reader, "captions before the kill");
  const known = await finals(reader);
  server.kill("SIGKILL");
  await server.exited;
  await until("the listener sees it", async () =>
    (await reader.getAttribute("body", "data-state")) === "reconnecting", patience);
  server.start("--port", new URL(address).port, "--no-demo");
  await server.announced("listening on");
  await goesOn(reader, "captions after the kill");
  await complete(reader);
  const now = await finals(reader);
  for (const { segment, text } of known) {
    assert.ok(now.some((line) => line.segment === segment), `${segment}: ${text}`);
  }
  const session = await (await fetch(`${address}/v1/sessions/${id}`)).json();
  assert.equal(session.partial_results.enabled, false, "what was killed stays so");
});

test("the speaker ends the talk, and everybody can keep it", async () => {
  await speaker.click("#end");
  await speaker.click("#end-yes");
  await until("the end on the speaker's page", () => speaker.isVisible("#ended"), patience);
  await until("the end on the listener's page", async () =>
    (await reader.getAttribute("body", "data-state")) === "ended", patience);
  await pictures(speaker, "ended");
  for (const lang of ["en", "es", "ca"]) assert.ok((await transcript(lang)).length > 3, lang);
  const vtt = await (await fetch(`${address}/v1/sessions/${id}/captions.vtt?lang=es`)).text();
  assert.ok(vtt.startsWith("WEBVTT\n"));
});

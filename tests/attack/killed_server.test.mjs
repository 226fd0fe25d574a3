// A server that is killed in the middle of a talk, again and again: a client that keeps what has not
// settled loses no word, none is said twice, and captions keep the talk's times.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../support/until.mjs";
import { Server } from "./server.mjs";
import { Talk } from "./speaker.mjs";

const options = ["--recogniser", "pocketsphinx", "--translator", "apertium"];
/** The machine may be busy. */
const long = { seconds: 120 };
/** Words at a cut are heard otherwise now and then: so many of them may be other words. */
const atACut = 3;
/** In seconds. */
const tolerance = 1;

let server;

before(async () => {
  server = await Server.start(...options);
});

after(() => server.remove());

async function transcript(talk) {
  const { text } = await server.ask("GET", `/v1/sessions/${talk.id}/captions.jsonl`);
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line)).filter(({ text }) => text);
}

const words = (captions) => captions.flatMap(({ text }) => text.split(" "));

/** How many words two texts have in common, in their order. */
function inCommon(one, other) {
  let before = new Array(other.length + 1).fill(0);
  for (const word of one) {
    const now = [0];
    for (const [i, its] of other.entries()) now.push(word === its ? before[i] + 1 : Math.max(before[i + 1], now[i]));
    before = now;
  }
  return before.at(-1);
}

test("a talk over a server that is killed has the words and the times of one that is not", async (t) => {
  const whole = await Talk.start(server);
  const talk = await Talk.start(server);
  await whole.speak({ pace: 2 });
  await whole.end();
  const settled = () => server.ask("GET", `/v1/sessions/${whole.id}`).then(({ body }) => body.state === "ended");
  await until("the talk is over", settled, long);
  const expected = await transcript(whole);

  const spoken = talk.speak();
  // In the middle of a sentence, shortly after one has settled, and long after.
  const moments = [
    ["in its first sentence", () => talk.status?.received_seconds >= 4],
    ["after a final", () => talk.status?.settled_seconds > 8],
    ["later", () => talk.status?.received_seconds >= 17],
  ];
  let kills = 0;
  for (const [what, come] of moments) {
    await until(`the talk is ${what}`, come, long);
    const { received_seconds: heard, settled_seconds: safe } = talk.status;
    talk.status = undefined;
    await server.program.stop("SIGKILL");
    await server.restart(...options);
    ++kills;
    await until("it goes on", () => talk.began.length === kills + 1, long);
    const { received_seconds: from } = talk.began.at(-1);
    t.diagnostic(`killed ${what}: ${heard} s heard, ${safe} s settled, goes on at ${from} s`);
    assert.ok(from >= safe - 0.01 && from <= heard + 1, "it goes on where the last words end that were stored");
  }
  await spoken;
  await talk.end();
  const ended = () => server.ask("GET", `/v1/sessions/${talk.id}`).then(({ body }) => body.state === "ended");
  await until("it is over", ended, long);

  const captions = await transcript(talk);
  const [all, kept] = [words(expected), words(captions)];
  const common = inCommon(all, kept);
  t.diagnostic(`${all.length} words, ${kept.length} over ${kills} kills, ${common} in common`);
  t.diagnostic(kept.join(" "));
  assert.ok(common >= all.length - atACut * kills, "no word is lost");
  assert.ok(kept.length <= all.length + atACut * kills, "none is said twice");
  for (let i = 1; i < captions.length; ++i) assert.ok(captions[i].start >= captions[i - 1].end - 0.01, "one after the other");
  assert.ok(Math.abs(captions.at(-1).end - expected.at(-1).end) < tolerance, `it ends at ${captions.at(-1).end} s, not ${expected.at(-1).end}`);
});

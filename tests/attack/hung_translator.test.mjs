// A translator that stands still, as a process that is stuck or swapped out: whoever listens sees
// the source meanwhile, marked, and its translation when the translator goes on. That five seconds
// are enough is held by stand_in_test.cpp and caption_track_test.cpp, on a clock of their own.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { until } from "../support/until.mjs";
import { Server } from "./server.mjs";
import { Talk } from "./speaker.mjs";

/** The machine may be busy. */
const long = { seconds: 120 };

const pairs = ["eng-spa", "eng-cat"];
const skip = pairs.some((pair) => !existsSync(`/usr/share/apertium/modes/${pair}.mode`)) &&
  "Apertium's pairs are not installed; scripts/setup installs them";

/** The programs that a process has begun, and those that they have: [{pid, command}]. */
function descendants(of) {
  const children = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
      children.set(parent, [...(children.get(parent) ?? []), { pid, command }]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [...(children.get(of) ?? [])];
  for (let i = 0; i < found.length; ++i) found.push(...(children.get(found[i].pid) ?? []));
  return found;
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** Stops a pair's programs, and those that take their place; until the function that it gives. */
function hold(server, pair) {
  const stopped = new Set();
  const stop = () => {
    for (const { pid, command } of descendants(server.program.pid)) {
      if (!command.includes(pair)) continue;
      signal(pid, "SIGSTOP");
      stopped.add(pid);
    }
  };
  stop();
  const timer = setInterval(stop, 20);
  return () => {
    clearInterval(timer);
    for (const pid of stopped) signal(pid, "SIGCONT");
  };
}

/** Follows a talk in a language: the captions, and when each came, in seconds. */
async function follow(server, talk, lang) {
  const socket = await server.socket(`/v1/sessions/${talk.id}/captions?lang=${lang}`);
  const seen = [];
  socket.socket.on("message", (data) => {
    const message = JSON.parse(data.toString());
    if (message.type === "caption") seen.push({ ...message, at: performance.now() / 1000 });
  });
  return seen;
}

const words = (text) => text.split(" ").filter(Boolean).length;
const whole = ({ text, provisional }) => text + provisional;
const finals = (seen) => new Map(seen.filter(({ final }) => final).map((one) => [one.segment, one]));

/** How long after the speaker's language others had each of its words, at the most. */
function longestWait(original, seen, from, to) {
  let longest = 0;
  for (const said of original) {
    if (said.at < from || said.at > to || said.text + said.provisional === "") continue;
    const says = seen.find((one) => one.segment === said.segment &&
      (one.at >= said.at - 0.05 || words(one.source) >= words(whole(said))));
    longest = Math.max(longest, (says?.at ?? Infinity) - said.at);
  }
  return longest;
}

let server;
let letGo = () => {};

before(async () => {
  if (!skip) server = await Server.start("--recogniser", "pocketsphinx", "--translator", "apertium");
});

after(async () => {
  letGo();
  await server?.remove();
});

test("what hangs is read in the source meanwhile, and corrected", { skip }, async (t) => {
  const talk = await Talk.start(server);
  const [english, spanish, catalan] =
    await Promise.all(["en", "es", "ca"].map((lang) => follow(server, talk, lang)));
  const now = () => performance.now() / 1000;
  let spoken;
  const corrected = (seen) => [...finals(english).values()]
    .every(({ segment, text }) => text === "" || finals(seen).get(segment)?.translated);

  await t.test("from the first word on, in one of two languages", async () => {
    letGo = hold(server, "eng-spa");
    const from = now();
    spoken = talk.speak();
    await until("two sentences are over", () => finals(english).size >= 2, long);
    const to = now();
    await until("they are read in Spanish", () => finals(spanish).size >= 2, long);
    const wait = longestWait(english, spanish, from, to);
    t.diagnostic(`the longest wait for the source: ${wait.toFixed(1)} s`);
    assert.notEqual(wait, Infinity, "all of it is read while the translator stands still");
    for (const { lang, translated, source, ...caption } of spanish) {
      assert.deepEqual([lang, translated, source], ["es", false, whole(caption)]);
    }
    await until("Catalan is translated", () => finals(catalan).size >= 2, long);
    assert.ok(catalan.every(({ translated }) => translated), "one language holds up no other");
    letGo();
    await until("all is corrected", () => corrected(spanish), long);
  });

  await t.test("in mid-sentence", async () => {
    const before = spanish.length;
    await until("a sentence begins", () => spanish.slice(before).some(({ final, translated }) => !final && translated), long);
    letGo = hold(server, "eng-");
    const from = now();
    const count = finals(english).size;
    await until("it is over", () => finals(english).size > count, long);
    const to = now();
    await until("it is read", () => finals(spanish).size > count && finals(catalan).size > count, long);
    for (const seen of [spanish, catalan]) {
      const wait = longestWait(english, seen, from, to);
      t.diagnostic(`the longest wait in ${seen[0].lang}: ${wait.toFixed(1)} s`);
      assert.notEqual(wait, Infinity, "all of it is read while the translators stand still");
    }
    letGo();
  });

  await spoken;
  await talk.end();
  await until("all is corrected", () => corrected(spanish) && corrected(catalan), long);
  for (const seen of [spanish, catalan]) {
    const order = seen.filter(({ final }) => final).map(({ seq }) => seq);
    assert.deepEqual(order, [...order].sort((one, other) => one - other));
  }
});

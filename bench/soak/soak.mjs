// Talks over time while the server is killed, its disk is full, its translators stand still and strangers
// are at the door. At the end: was anything lost or repeated that was shown, and do memory and descriptors
// grow?
//
//   bench/soak/run [MINUTES [TALKS]]       30 minutes, 200 talks

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Server } from "../../tests/attack/server.mjs";
import { samplesOf, silence } from "../../tests/openapi/sound.mjs";
import { Program } from "../../tests/support/program.mjs";
import { Strangers } from "./hostile.mjs";
import { Disk, signalTranslators, usage } from "./machine.mjs";
import { Listener, speak } from "./talk.mjs";

const minutes = Number(process.argv[2] ?? 30);
const talksWanted = Number(process.argv[3] ?? 200);
const recordings = "/usr/share/pocketsphinx/test/data/librivox";
const parts = ["0870", "0880", "0890", "0920", "0930"];
const samples = Buffer.concat([
  ...parts.flatMap((part) => [samplesOf(join(recordings, `sense_and_sensibility_01_austen_64kb-${part}.wav`)), silence(0.5)]),
  silence(1.5)]);

const began = Date.now();
const elapsed = () => (Date.now() - began) / 1000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (text) => console.log(`${String(Math.round(elapsed())).padStart(5)} s  ${text}`);

const disk = new Disk(200);
const server = new Server();
server.program = new Program({ home: disk.folder });
const options = ["--max-talks", "12"];
let pid;
let life = 0;
const start = async () => {
  await server.restart(...options);
  pid = server.program.pid;
  ++life;
};
await start();
const strangers = new Strangers(server);

/** {life, age, mb, descriptors} every five seconds. */
const used = [];
let bornAt = Date.now();
const meter = setInterval(() => {
  const now = usage(pid);
  if (now !== undefined) used.push({ life, age: (Date.now() - bornAt) / 1000, ...now });
}, 5000);

const talks = [];
async function talk(number) {
  let begun;
  for (const until = Date.now() + 60_000; begun === undefined && Date.now() < until; await pause(300)) {
    const answer = await server.ask("POST", "/v1/sessions", { headers: server.operator, body: {} }).catch(() => undefined);
    if (answer?.status === 201) begun = answer.body;
  }
  if (begun === undefined) return { number, problems: ["no session could be begun in 60 s"] };
  const faultsBefore = faults;
  let over = false;
  const isOver = () => over;
  const listeners = ["es", "en"].map((lang) => new Listener(server, begun.session_id, lang));
  listeners.push(new Listener(server, begun.session_id, "es"));
  const following = listeners.map((one, i) => one.follow(isOver, i === 2 ? 2 : Infinity));
  const spoken = await speak(server, begun, samples);
  over = true;
  await Promise.all(following);
  const problems = [...(spoken.problem ? [spoken.problem] : []), ...listeners.flatMap(({ problems }) => problems)];
  return { number, id: begun.session_id, listeners, problems, calm: faults === faultsBefore && !isFaulty };
}

// Faults are placed over the first two thirds; the last third is left in peace, to see whether anything grows.
let faults = 0;
let isFaulty = false;
const rounds = Math.max(1, Math.round(minutes / 4));
async function trouble() {
  const every = (minutes * 60 * 2) / 3 / rounds;
  for (let round = 0; round < rounds; ++round) {
    await pause(1000 * Math.max(0, (round + 0.5) * every - elapsed()));
    ++faults;
    isFaulty = true;
    if (round % 3 === 1) {
      say("the disk is full");
      disk.fill();
      await pause(15_000);
    }
    if (round % 3 === 2) {
      say(`the translators stand still (${signalTranslators(pid, "SIGSTOP")} processes)`);
      await pause(15_000);
      signalTranslators(pid, "SIGCONT");
    }
    say("the server is killed");
    await server.program.stop("SIGKILL");
    if (round % 3 === 1) disk.free();
    await start();
    bornAt = Date.now();
    isFaulty = false;
  }
}

const causing = trouble();
const running = [];
const gap = (minutes * 60 - 60) / talksWanted;
for (let number = 0; number < talksWanted; ++number) {
  await pause(1000 * Math.max(0, number * gap - elapsed()));
  running.push(talk(number).then((done) => talks.push(done)));
}
await Promise.all([...running, causing]);
strangers.stop();

async function transcript(id, lang) {
  for (const until = Date.now() + 120_000; Date.now() < until; await pause(500)) {
    const answer = await server.ask("GET", `/v1/sessions/${id}/captions.jsonl?lang=${lang}`, { headers: server.operator });
    if (answer.status === 200) return answer;
    if (answer.status !== 429) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  }
  throw new Error(`${id}: the transcript is not to be had`);
}

// What was shown, in what is kept.
let shown = 0;
let lost = 0;
const words = [];
for (const { id, listeners = [], problems, calm } of talks) {
  for (const { lang, shown: segments } of listeners) {
    const answer = await transcript(id, lang);
    const kept = new Map(answer.text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line))
      .map((line) => [line.segment, line]));
    for (const [segment, { seq, text }] of segments) {
      ++shown;
      if (text === "" && !kept.has(segment)) continue;
      if (kept.get(segment)?.text === text || (kept.get(segment)?.seq ?? -1) > seq) continue;
      ++lost;
      if (lost <= 10) say(`lost: ${id} ${lang} segment ${segment}: "${text}", kept: ${JSON.stringify(kept.get(segment))}`);
    }
    if (lang === "en") words.push({ calm, count: [...segments.values()].flatMap(({ text }) => text.split(/\s+/u)).filter(Boolean).length });
  }
  for (const problem of problems) say(`problem: ${id}: ${problem}`);
}
clearInterval(meter);
const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
const wordsOf = (calm) => mean(words.filter((one) => one.calm === calm).map(({ count }) => count));
const last = used.filter((one) => one.life === life);
const half = (from, to, of) => mean(last.slice(Math.floor(last.length * from), Math.floor(last.length * to)).map(of));
const broken = talks.filter(({ problems }) => problems.length > 0).length;

console.log(`
talks                      ${talks.length}, of them with a fault in them ${talks.filter(({ calm }) => !calm).length}
lives of the server        ${life} (${faults} kills; disk ${disk.isOwn ? "full in every third" : "not filled: mounting is not allowed"})
strangers' attempts        ${strangers.tried}
final captions shown       ${shown}, lost ${lost}, talks with a problem ${broken}
words a talk, with a fault ${wordsOf(false).toFixed(1)} of ${wordsOf(true).toFixed(1)} without: ratio ${(wordsOf(false) / wordsOf(true)).toFixed(3)}
memory of the last life    ${half(0.3, 0.65, ({ mb }) => mb).toFixed(0)} MB in its first half, ${half(0.65, 1, ({ mb }) => mb).toFixed(0)} MB in its second
descriptors                ${half(0.3, 0.65, ({ descriptors }) => descriptors).toFixed(0)} and ${half(0.65, 1, ({ descriptors }) => descriptors).toFixed(0)}`);
await server.program.stop();
disk.remove();
process.exitCode = lost > 0 || broken > 0 ? 1 : 0;

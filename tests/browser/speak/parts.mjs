// The parts that need no browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { numbered, wav } from "./page.mjs";

describe("the parts", () => {
  /** A module of the speaker page that imports nothing, as JavaScript. */
  async function part(name) {
    const source = readFileSync(fileURLToPath(new URL(`../../../web/src/speak/${name}.ts`, import.meta.url)), "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    return import(`data:text/javascript;base64,${Buffer.from(outputText).toString("base64")}`);
  }

  /** Samples that say which second they are of. */
  const second = (n) => new Int16Array(10).fill(n);
  const drain = (outbox) => {
    const out = [];
    for (let entry = outbox.next(); entry !== undefined; entry = outbox.next()) {
      out.push(typeof entry === "string" ? entry : entry[0]);
      outbox.sent();
    }
    return out;
  };

  test("the outbox sends again what the server has not, in order with what was said between", async () => {
    const { Outbox } = await part("outbox");
    const outbox = new Outbox(10);
    outbox.returned(100);
    for (const entry of [second(1), "pause", "resume", second(2), second(3)]) outbox.push(entry);
    assert.deepEqual(drain(outbox), [1, "pause", "resume", 2, 3]);
    outbox.acknowledge(101);
    outbox.push(second(4));
    assert.equal(outbox.keptSeconds(), 3);
    outbox.returned(102);
    assert.deepEqual(drain(outbox), [3, 4], "pause and resume are the server's: sound after them is");
    outbox.returned(102);
    assert.deepEqual(drain(outbox), [3, 4]);
    outbox.acknowledge(104);
    assert.equal(outbox.keptSeconds(), 0);
    for (const entry of [second(5), "end"]) outbox.push(entry);
    assert.deepEqual(drain(outbox), [5, "end"]);
    outbox.returned(105);
    assert.deepEqual(drain(outbox), ["end"], "nothing says that it arrived");
  });

  test("the outbox goes on with a server that counts anew, and with one that says nothing", async () => {
    const { Outbox } = await part("outbox");
    const outbox = new Outbox(10);
    outbox.returned(50);
    for (const n of [1, 2]) outbox.push(second(n));
    drain(outbox);
    outbox.acknowledge(51);
    outbox.returned(0);
    assert.deepEqual(drain(outbox), [2]);
    outbox.acknowledge(1);
    assert.equal(outbox.keptSeconds(), 0);
    outbox.push(second(3));
    drain(outbox);
    for (const n of [4, 5]) outbox.push(second(n));
    drain(outbox);
    outbox.push(second(6));
    outbox.returned(undefined);
    assert.deepEqual(drain(outbox), [4, 5, 6], "it would have said if it had more than a second");
  });

  test("the outbox keeps what was heard until it has settled, and sends it to whom takes over", async () => {
    const { Outbox } = await part("outbox");
    const outbox = new Outbox(10);
    outbox.returned(100);
    for (let n = 1; n <= 6; ++n) outbox.push(second(n));
    drain(outbox);
    outbox.acknowledge(105, 102.4);
    assert.equal(outbox.fromSeconds(), 102);
    assert.equal(outbox.keptSeconds(), 1, "of the rest the server has heard");
    outbox.away();
    outbox.push(second(7));
    outbox.returned(105);
    assert.deepEqual(drain(outbox), [6, 7], "the connection broke: nothing is said twice");
    outbox.acknowledge(107, 102.4);
    outbox.away();
    outbox.returned(102.4);
    assert.deepEqual([outbox.next().length, ...drain(outbox)], [6, 3, 4, 5, 6, 7], "the server was killed");
    outbox.acknowledge(107, 107);
    assert.equal(outbox.fromSeconds(), 107);
    assert.equal(outbox.lostSeconds(), 0);
    outbox.away();
    for (let n = 8; n <= 77; ++n) outbox.push(second(n));
    assert.equal(outbox.lostSeconds(), 10);
    assert.equal(outbox.fromSeconds(), 117, "the server is told of the gap");
    outbox.returned(117);
    assert.deepEqual(drain(outbox), Array.from({ length: 60 }, (_, i) => i + 18));
    outbox.acknowledge(177, 177);
    assert.deepEqual([outbox.keptSeconds(), outbox.lostSeconds()], [0, 10]);
  });

  test("the outbox keeps 60 s, loses the oldest, and counts it", async () => {
    const { Outbox } = await part("outbox");
    const outbox = new Outbox(10);
    outbox.returned(0);
    for (let n = 1; n <= 5; ++n) outbox.push(second(n));
    drain(outbox);
    for (let n = 6; n <= 68; ++n) outbox.push(second(n));
    assert.equal(outbox.keptSeconds(), 60);
    assert.equal(outbox.lostSeconds(), 8, "as far as is known here");
    outbox.returned(4);
    assert.equal(outbox.lostSeconds(), 4, "four of them were the server's");
    assert.deepEqual(drain(outbox), Array.from({ length: 60 }, (_, i) => i + 9));
    outbox.acknowledge(64);
    assert.equal(outbox.keptSeconds(), 0);
  });

  test("WAV headers are believed only as far as the file goes", async () => {
    const { checkWav } = await part("wav_file");
    const check = (bytes) => checkWav(new Uint8Array(bytes).buffer);
    const whole = wav(numbered(1, 8000), { sampleRate: 8000 });
    assert.equal(check(whole).kind, "complete");
    assert.deepEqual(check(whole.subarray(0, 44 + 8000)), { kind: "cut", seconds: 0.5, promised: 1 });
    for (let length = 12; length < 44; ++length) assert.equal(check(whole.subarray(0, length)).kind, "cut", `${length} bytes`);
    assert.equal(check(whole.subarray(0, 11)).kind, "other");
    assert.equal(check(Buffer.from("OggS and more of it")).kind, "other");
    assert.equal(check(wav(new Int16Array(0), { sampleRate: 8000 })).kind, "empty");
    const streamed = Buffer.from(whole);
    streamed.writeUInt32LE(0xffffffff, 40);
    assert.equal(check(streamed).kind, "complete");
    const chunk = Buffer.from("LIST\x03\x00\x00\x00abc\x00", "latin1");
    assert.equal(check(Buffer.concat([whole.subarray(0, 36), chunk, whole.subarray(36)])).kind, "complete");
  });

  test("levels are dBFS, and the last seconds are judged together", async () => {
    const { levelOf, LevelWatch } = await part("level");
    const square = levelOf(new Int16Array(800).fill(-32768), 8000);
    assert.deepEqual([square.rms, square.peak, square.clipped, square.seconds], [0, 0, 800, 0.1]);
    assert.equal(levelOf(new Int16Array(800), 8000).rms, -96);
    const sine = levelOf(Int16Array.from({ length: 8000 }, (_, i) => 3276.8 * Math.sin(i / 10)), 8000);
    assert.ok(Math.abs(sine.rms + 23) < 0.1 && Math.abs(sine.peak + 20) < 0.1, JSON.stringify(sine));

    const watch = new LevelWatch();
    const hear = (rms, times, clipped = 0) => {
      for (let i = 0; i < times; ++i) watch.hear({ rms, peak: rms, clipped, seconds: 0.1 });
      return watch.complaint();
    };
    assert.equal(hear(-80, 49), undefined);
    assert.equal(hear(-80, 1), "silence");
    assert.equal(hear(-50, 1), "too_quiet");
    assert.equal(hear(-20, 1), undefined);
    assert.equal(hear(-80, 49), undefined, "somebody spoke within five seconds");
    assert.equal(hear(-80, 1), "silence");
    assert.equal(hear(-10, 1, 7), undefined, "seven samples may be an accident");
    assert.equal(hear(-10, 1, 1), "clipping");
    assert.equal(hear(-20, 31), undefined);
    watch.forget();
    assert.equal(hear(-80, 49), undefined);
  });

  test("clocks", async () => {
    const { clockText } = await part("clock");
    assert.deepEqual([-5, 7_900, 754_000, 3_723_000].map(clockText), ["0:00", "0:07", "12:34", "1:02:03"]);
  });
});

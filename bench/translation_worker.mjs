// What a worker with Firefox's translation models takes: its start, its memory, its speed.
//
//   node bench/translation_worker.mjs [MODEL-FOLDER [SECOND-MODEL-FOLDER]]
//
// Without a folder it makes a model with the layers and the vocabulary of Firefox's `tiny` ones,
// whose weights are noise: as much work, and a translation of as many words.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sentence = "The house is red, the house is red, and this is the house that is red.";
const wordsOf = (text) => text.split(" ").length;

class Worker {
  constructor(folders) {
    this.began = performance.now();
    this.process = spawn(process.execPath, ["--max-old-space-size=256",
      join(root, "workers/bergamot/worker.mjs"), ...folders], { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async read() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error("the worker ended");
    return JSON.parse(value);
  }

  async ready() {
    await this.read();
    return performance.now() - this.began;
  }

  async translate(text) {
    this.process.stdin.write(`${JSON.stringify({ id: 1, text })}\n`);
    return (await this.read()).text;
  }

  megabytes() {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]) / 1024;
  }

  end() {
    this.process.stdin.end();
  }
}

async function measure(name, folders) {
  const worker = new Worker(folders);
  const start = await worker.ready();
  const loaded = worker.megabytes();
  const first = performance.now();
  await worker.translate(sentence);
  const firstTook = performance.now() - first;
  for (let i = 0; i < 50; ++i) await worker.translate(sentence);
  const times = [];
  for (let i = 0; i < 200; ++i) {
    const began = performance.now();
    await worker.translate(sentence);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const total = times.reduce((sum, time) => sum + time, 0);
  console.log([name.padEnd(22), start.toFixed(0).padStart(6), loaded.toFixed(0).padStart(8),
    worker.megabytes().toFixed(0).padStart(8), firstTook.toFixed(0).padStart(8),
    times[100].toFixed(1).padStart(8), times[190].toFixed(1).padStart(8),
    (200 * wordsOf(sentence) / total * 1000).toFixed(0).padStart(8)].join(" "));
  worker.end();
}

const given = process.argv.slice(2);
const place = given.length > 0 ? undefined : mkdtempSync(join(tmpdir(), "sotto-bench-"));
try {
  const folders = given.length > 0 ? given : ["enes", "esen"].map((pair) => {
    const folder = join(place, `${pair}-tiny`);
    const made = spawnSync(process.execPath, [join(root, "tests/support/tiny_translation_model.mjs"),
      "--full", folder, pair, "The=La", "the=la", "house=casa", "is=es", "red=roja"]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    return folder;
  });
  console.log(`a sentence of ${wordsOf(sentence)} words, 200 times; node ${process.version}`);
  console.log(`${"".padEnd(22)}  start  MB then   MB now first ms   p50 ms   p95 ms  words/s`);
  await measure("one model", folders.slice(0, 1));
  if (folders.length > 1) await measure("by way of English", folders.slice(0, 2));
} finally {
  if (place) rmSync(place, { recursive: true });
}

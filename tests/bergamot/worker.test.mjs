// The worker that translates with Firefox's models, with a tiny one made for the test.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { loadModel, startEngine, translate, translationService } from "../../workers/bergamot/engine.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const worker = join(here, "../../workers/bergamot/worker.mjs");
const maker = join(here, "../support/tiny_translation_model.mjs");

let place;
let model;
before(() => {
  place = mkdtempSync(join(tmpdir(), "sotto-bergamot-"));
  model = join(place, "enes-tiny");
  const made = spawnSync("node", [maker, model, "enes", "The=La", "house=casa", "is=es", "red=roja"]);
  assert.equal(made.status, 0, String(made.stderr));
});
after(() => rmSync(place, { recursive: true }));

/** A copy of the model, changed. */
function changed(name, change) {
  const folder = join(place, name);
  cpSync(model, folder, { recursive: true });
  change((file) => join(folder, file));
  return folder;
}

/** Runs the worker with all of its input at once. */
async function run(folders, input) {
  const child = spawn("node", ["--max-old-space-size=256", worker, ...folders]);
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (data) => { output += data; });
  child.stderr.setEncoding("utf8").on("data", (data) => { errors += data; });
  child.stdin.on("error", () => {}); // it may end before it has read all
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, errors, answers: output.split("\n").filter(Boolean).map((line) => JSON.parse(line)) };
}

const request = (id, text) => `${JSON.stringify({ id, text })}\n`;

test("answers each request in order, and ends with its input", async () => {
  const { code, errors, answers } = await run([model],
    request(1, "The house is red.") + request(7, "red") + request(8, ""));
  assert.deepEqual(answers, [{ ready: true }, { id: 1, text: "La casa es roja." },
    { id: 7, text: "roja" }, { id: 8, text: "" }]);
  assert.equal(errors, "");
  assert.equal(code, 0);
});

test("leaves nothing of a text in the engine's memory", async () => {
  const engine = await startEngine();
  const service = translationService(engine);
  const models = [loadModel(engine, model)];
  let alive = 0;
  for (const kind of ["Response", "VectorResponse", "VectorString", "VectorResponseOptions"]) {
    const { prototype } = engine[kind];
    const free = prototype.delete;
    prototype.delete = function () { alive -= 1; free.call(this); };
  }
  for (let i = 0; i < 3; i += 1) {
    alive += 4;
    assert.equal(translate(engine, service, models, "The house is red."), "La casa es roja.");
  }
  assert.equal(alive, 0);
});

test("translates by way of a language between two models", async () => {
  const second = join(place, "esca-tiny");
  spawnSync("node", [maker, second, "esca", "La=La", "casa=casa", "es=és", "roja=vermella"]);
  const { answers } = await run([model, second], request(1, "The house is red. The house is red."));
  assert.equal(answers.at(-1).text, "La casa és vermella. La casa és vermella.");
});

test("takes text as text", async () => {
  const texts = ["<b>house</b> &amp; <i>", "a < b > c", "{\"id\":3}", "\\n \\u0041", "[red]"];
  const { answers } = await run([model], texts.map((text, i) => request(i, text)).join(""));
  assert.deepEqual(answers.slice(1).map(({ text }) => text), texts);
});

test("takes models with two vocabularies, and with other factors of int8", async () => {
  const two = changed("two-vocabularies", (file) => {
    copyFileSync(file("vocab.enes.spm.gz"), file("srcvocab.enes.spm.gz"));
    renameSync(file("vocab.enes.spm.gz"), file("trgvocab.enes.spm.gz"));
  });
  const plain = changed("no-alphas", (file) =>
    renameSync(file("model.enes.intgemm.alphas.bin.gz"), file("model.enes.intgemm8.bin.gz")));
  for (const folder of [two, plain]) {
    const { answers, errors } = await run([folder], request(1, "The house is red."));
    assert.equal(answers.at(-1)?.text, "La casa es roja.", errors);
  }
});

test("says in a line why it cannot load a model", async () => {
  const model_file = "model.enes.intgemm.alphas.bin.gz";
  const folders = {
    "has no model": join(place, "nowhere-of-it", ".."),
    "ENOENT": join(place, "nowhere"),
    "several files": changed("two-models", (file) =>
      copyFileSync(file(model_file), file("model.other.bin.gz"))),
    "incorrect header check": changed("not-packed", (file) => writeFileSync(file(model_file), "not packed")),
    "larger than": changed("bomb", (file) =>
      writeFileSync(file(model_file), gzipSync(Buffer.alloc(201 * 1024 * 1024), { level: 1 }))),
  };
  for (const [reason, folder] of Object.entries(folders)) {
    const { code, errors, answers } = await run([folder], request(1, "house"));
    assert.equal(code, 1, reason);
    assert.match(errors, new RegExp(`^bergamot: cannot load .*${reason}.*\n$`));
    assert.deepEqual(answers, []);
  }
});

test("ends at a model's file that holds something else", async () => {
  for (const name of ["model.enes.intgemm.alphas.bin", "lex.50.50.enes.s2t.bin", "vocab.enes.spm"]) {
    for (const content of [Buffer.alloc(0), Buffer.alloc(4096, "x")]) {
      const folder = changed(`other-${name}-${content.length}`, (file) =>
        writeFileSync(file(`${name}.gz`), gzipSync(content)));
      const { code, errors } = await run([folder], request(1, "house"));
      assert.equal(code, 1, `${name} of ${content.length} bytes`);
      assert.match(errors, /^bergamot: .*\n$/);
    }
  }
});

test("ends at a request that is none, and says nothing of its text", async () => {
  for (const bad of ["secret\n", "{\"id\":1}\n", "{\"text\":\"secret\"}\n", "[\"secret\"]\n", "null\n",
    "{\"id\":\"secret\",\"text\":\"\"}\n", "\n", `${"secret".repeat(20_000)}`]) {
    const { code, errors } = await run([model], request(1, "house") + bad);
    assert.equal(code, 1, bad.slice(0, 40));
    assert.match(errors, /^bergamot: a request .*\n$/);
    assert.doesNotMatch(errors, /secret/);
  }
});

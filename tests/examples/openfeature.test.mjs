// The OpenFeature client of examples/, against the real program.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { patience, Program } from "../support/program.mjs";
import { until } from "../support/until.mjs";
import { run } from "./example.mjs";

const example = fileURLToPath(new URL("../../examples/openfeature", import.meta.url));
const installed = fileURLToPath(new URL("../openfeature", import.meta.url));

const program = new Program();
const folder = mkdtempSync(join(tmpdir(), "sotto-example-"));
let address;

before(async () => {
  // Beside the packages that the other test has, so that none need to be fetched.
  copyFileSync(join(example, "evaluate.mjs"), join(folder, "evaluate.mjs"));
  symlinkSync(join(installed, "node_modules"), join(folder, "node_modules"));
  program.start("--port", "0", "--no-demo");
  address = await program.address();
});

after(async () => {
  await program.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function evaluate(server = address) {
  const { output, errors, code } = run(join(folder, "evaluate.mjs"), server, "golden-eagle-427");
  return { code: await code, output, errors };
}

test("the packages are those that it is tested with", () => {
  const read = (of, name) => JSON.parse(readFileSync(join(of, name), "utf8"));
  assert.deepEqual(read(example, "package.json").dependencies, read(installed, "package.json").devDependencies);
  const integrity = (of) => Object.entries(read(of, "package-lock.json").packages).map(([name, one]) => [name, one.integrity]);
  assert.deepEqual(integrity(example), integrity(installed));
});

test("it says what the flag says of the session", async () => {
  await program.run("rollout", "--enable", "--percentage", "100");
  let all;
  await until("the flag is on", async () => {
    all = await evaluate();
    return /: true \(/.test(all.output[0]);
  }, patience);
  assert.match(all.output[0], /^partial-results for golden-eagle-427: true \(variant on, reason SPLIT, bucket 73, flag version \d+\)$/);
  assert.deepEqual(all.output.slice(1), ["min-stability-threshold: 0.85", "max-buffer-timeout: 5"]);
  assert.equal(all.code, 0);

  await program.run("rollout", "--disable");
  await until("the flag is off", async () =>
    /: false \(variant off, reason DISABLED/.test((await evaluate()).output[0]), patience);
});

test("without a server it says so, and final results hold", async () => {
  const { code, output, errors } = await evaluate("http://127.0.0.1:9");
  assert.equal(code, 1);
  assert.match(output[0], /: false \(variant none, reason ERROR/);
  assert.ok(errors.length > 0);
});

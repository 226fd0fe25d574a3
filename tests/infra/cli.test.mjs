// `cdk synth` as people type it, without a network, credentials or Docker.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { environments, infra, named } from "./app.mjs";

const folder = mkdtempSync(join(tmpdir(), "sotto-synth-"));
after(() => rmSync(folder, { recursive: true }));

function cdk(...args) {
  const connections = join(folder, "connections");
  rmSync(connections, { force: true });
  const run = spawnSync(
    process.execPath,
    // `run` has compiled it: "true" is the command to build it with.
    [`${infra}/node_modules/aws-cdk/bin/cdk`, ...args, "--build", "true"],
    {
      cwd: infra,
      encoding: "utf8",
      env: {
        // No credentials, no Docker: nothing but what a shell has.
        PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
        HOME: folder,
        NODE_OPTIONS: `--require ${fileURLToPath(new URL("no_network.cjs", import.meta.url))}`,
        SOTTO_CONNECTIONS: connections,
        CDK_DISABLE_CLI_TELEMETRY: "true",
        AWS_EC2_METADATA_DISABLED: "true",
      },
    },
  );
  const tried = existsSync(connections) ? readFileSync(connections, "utf8").split("\n") : [];
  return { ...run, tried };
}

for (const environment of environments)
  test(`${environment}: synthesises without a network`, () => {
    const out = join(folder, environment);
    const run = cdk("synth", "--quiet", "--context", `env=${environment}`, "--output", out);
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(run.tried.filter((program) => program.includes("build/app.js")), []);
    const stack = named("audio-transcription", environment);
    const made = JSON.parse(readFileSync(join(out, `${stack}.template.json`), "utf8"));
    assert.ok(Object.keys(made.Resources).length > 50);
  });

test("an unknown environment is an error that names the three, and no stack trace", () => {
  const run = cdk("synth", "--quiet", "--context", "env=qa", "--output", join(folder, "qa"));
  assert.notEqual(run.status, 0);
  assert.match(run.stderr, /infra: env=qa is unknown; there are dev, staging, prod/);
  assert.doesNotMatch(run.stderr, /readSettings/);
});

// What cfn-lint says of the templates.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { certificate, environments, template } from "./app.mjs";

const folder = mkdtempSync(join(tmpdir(), "sotto-lint-"));
after(() => rmSync(folder, { recursive: true }));

test("cfn-lint has nothing to say, with a certificate and without", () => {
  const online = { certificate, arch: "arm64", "alarm-email": "a@example.org" };
  const files = environments.map((env) => {
    const file = join(folder, `${env}.json`);
    const made = template({ env, ...(env === "prod" ? online : {}) });
    writeFileSync(file, JSON.stringify(made.toJSON()));
    return file;
  });
  // W3005: the CDK writes dependencies down that follow from references already.
  const lint = spawnSync("../python/venv/bin/cfn-lint", ["--ignore-checks", "W3005", "--template", ...files],
    { encoding: "utf8" });
  assert.equal(lint.status, 0, `${lint.stdout}${lint.stderr}${lint.error ?? ""}`);
});

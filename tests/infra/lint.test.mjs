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
  const files = [];
  for (const env of environments)
    for (const context of [{}, { certificate, arch: "arm64", "alarm-email": "a@example.org" }]) {
      const file = join(folder, `${files.length}.json`);
      writeFileSync(file, JSON.stringify(template({ env, ...context }).toJSON()));
      files.push(file);
    }
  // W3005: the CDK writes dependencies down that follow from references already.
  const lint = spawnSync("cfn-lint", ["--ignore-checks", "W3005", "--template", ...files],
    { encoding: "utf8" });
  assert.equal(lint.status, 0, `${lint.stdout}${lint.stderr}${lint.error ?? ""}`);
});

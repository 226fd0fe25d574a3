// Operators are people: what each may do, what the history says of it, and what becomes of tokens
// that have expired, were taken back, or were never anybody's.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../support/until.mjs";
import { Server } from "./server.mjs";

let server;

before(async () => { server = await Server.start("--log-level", "info"); });
after(() => server?.remove());

const bearer = (token) => ({ headers: { Authorization: `Bearer ${token}` } });
const make = async (...args) => (await server.program.run("operator", "add", ...args)).trim();
const reads = [
  "/v1/rollout", "/v1/rollout/history", "/v1/rollout/criteria", "/v1/alarms", "/v1/metrics/series", "/v1/sessions",
  "/v1/operator",
];
const changes = [
  ["PATCH", "/v1/rollout"], ["POST", "/v1/rollout/disable"], ["POST", "/v1/rollout/enable"],
  ["POST", "/v1/rollout/undo"], ["PUT", "/v1/rollout/overrides/golden-eagle-427"],
  ["DELETE", "/v1/rollout/overrides/golden-eagle-427"], ["POST", "/v1/rollout/phases/start"],
  ["POST", "/v1/rollout/phases/abort"],
];

test("a viewer reads everything and changes nothing", async () => {
  const vera = bearer(await make("vera", "--role", "viewer"));
  for (const path of reads) assert.equal((await server.ask("GET", path, vera)).status, 200, path);
  const before = (await server.ask("GET", "/v1/rollout", vera)).body.version;
  for (const [method, path] of changes) {
    const { status, body } = await server.ask(method, path, { ...vera, body: { reason: "why not" } });
    assert.deepEqual([status, body.error.field], [403, "role"], `${method} ${path}`);
  }
  assert.equal((await server.ask("GET", "/v1/rollout", vera)).body.version, before);
  const lint = await server.ask("POST", "/v1/rollout/lint", { ...vera, body: { enabled: true, rollout_percentage: 5 } });
  assert.notEqual(lint.status, 403, "which changes nothing");
});

test("the history says whose token it was, and not what the body says", async () => {
  const ana = bearer(await make("ana"));
  const lie = await server.ask("PATCH", "/v1/rollout", { ...ana, body: { rollout_percentage: 30, by: "ben" } });
  assert.deepEqual([lie.status, lie.body.error.field], [400, "by"]);
  assert.equal((await server.ask("PATCH", "/v1/rollout", { ...ana, body: { rollout_percentage: 30 } })).status, 200);
  const { body } = await server.ask("GET", "/v1/rollout/history?limit=1", ana);
  assert.equal(body.versions[0].changed_by, "ana");
  const shared = await server.ask("PATCH", "/v1/rollout", { headers: server.operator, body: { rollout_percentage: 40 } });
  assert.equal(shared.body.changed_by, "operator");
});

test("a token that was taken back counts no more, from the next request on", async () => {
  const token = await make("leaver");
  assert.equal((await server.ask("GET", "/v1/operator", bearer(token))).body.name, "leaver");
  await server.program.run("operator", "revoke", "leaver");
  assert.equal((await server.ask("GET", "/v1/operator", bearer(token))).status, 403);
  assert.equal((await server.ask("POST", "/v1/rollout/disable", { ...bearer(token), body: {} })).status, 403);
});

test("tokens are listed without being shown, and one that cannot be is refused", async () => {
  const token = await make("lister", "--expires", "90d");
  const list = await server.program.run("operator", "list");
  assert.match(list, /lister +operator +made .* until /);
  assert.ok(!list.includes(token));
  for (const args of [["a b"], ["operator"], ["eva", "--role", "king"], ["eva", "--expires", "yesterday"], ["eva", "--expires", "2020-01-01T00:00:00Z"], ["lister"]])
    await assert.rejects(make(...args), undefined, args.join(" "));
});

test("by a damaged file nobody is known but the first token's bearer", async () => {
  const ana = await make("anabel");
  writeFileSync(join(server.program.data, "operators.json"), '{"operators":[{"name":"anabel"');
  assert.equal((await server.ask("GET", "/v1/operator", bearer(ana))).status, 403);
  assert.equal((await server.ask("GET", "/v1/operator", { headers: server.operator })).body.name, "operator");
  await until("it is in the log", () => server.program.output.some((line) => line.includes("operators' own tokens do not count")));
  writeFileSync(join(server.program.data, "operators.json"), '{"operators":[]}');
});

test("tokens that are nobody's are logged, without them, and limited; a right one is not held up", async () => {
  const guess = "guessed-0123456789-0123456789";
  const statuses = [];
  for (let i = 0; i < 100; ++i) statuses.push((await server.ask("GET", "/v1/rollout", bearer(`${guess}${i}`))).status);
  assert.equal(statuses[0], 403);
  assert.equal(statuses.at(-1), 429);
  const lines = server.program.output.filter((line) => line.includes("authentication_failed"));
  assert.ok(lines.length >= 1 && lines.length <= 6, `${lines.length} lines`);
  assert.ok(!server.program.output.some((line) => line.includes(guess)), "no token in the log");
  assert.equal((await server.ask("GET", "/v1/rollout", { headers: server.operator })).status, 200);
});

// The flag as OpenFeature's own client reads it, from the real program.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { patience, Program } from "../support/program.mjs";
import { until } from "../support/until.mjs";

/** Its bucket is 73. */
const goldenEagle = { targetingKey: "golden-eagle-427" };

const server = new Program();
let address;
let client;

before(async () => {
  server.start("--port", "0", "--no-demo");
  address = await server.address();
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: address }));
  client = OpenFeature.getClient();
});

after(async () => {
  await OpenFeature.close();
  await server.remove();
});

/** What `sotto rollout … --json` says. */
async function rollout(...words) {
  return JSON.parse(await server.run("rollout", ...words, "--json"));
}

/** Changes the flag, and returns when the server answers by that version. */
async function change(...words) {
  const { version } = await rollout(...words);
  await until(`the server goes by version ${version}`, async () => {
    const { flagMetadata } = await client.getBooleanDetails("partial-results", false, goldenEagle);
    return flagMetadata.version === version;
  }, patience);
}

/** Asks for all flags at once. */
function askForAll(context, headers = {}) {
  return fetch(`${address}/ofrep/v1/evaluate/flags`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ context }),
  });
}

/** Fifty ids as sessions have them. */
function sessionIds() {
  const adjectives = ["golden", "quiet", "brave", "amber", "swift"];
  const nouns = ["eagle", "river", "maple", "otter", "comet"];
  return adjectives.flatMap((adjective, row) => nouns.flatMap((noun, column) =>
    [100, 550].map((from) => `${adjective}-${noun}-${from + 83 * row + 17 * column}`)));
}

test("at 100 % a session has partial results, and the details say why", async () => {
  await change("--enable", "--percentage", "0");
  assert.equal(await client.getBooleanValue("partial-results", true, goldenEagle), false);
  await change("--percentage", "100");
  assert.equal(await client.getBooleanValue("partial-results", false, goldenEagle), true);

  const details = await client.getBooleanDetails("partial-results", false, goldenEagle);
  assert.equal(details.errorCode, undefined);
  assert.equal(details.variant, "on");
  assert.equal(details.reason, "SPLIT");
  assert.equal(details.flagMetadata.bucket, 73);
});

test("at 10 % the client and `sotto rollout explain` agree on every session", async () => {
  await change("--enable", "--percentage", "10");
  assert.equal(await client.getBooleanValue("partial-results", true, goldenEagle), false);

  const ids = sessionIds();
  assert.equal(new Set(ids).size, 50);
  const seen = new Set();
  for (const id of ids) {
    const said = await rollout("explain", id);
    // A default that is wrong, so that it cannot pass for an answer.
    const got = await client.getBooleanDetails("partial-results", !said.enabled, { targetingKey: id });
    assert.deepEqual(
      { value: got.value, bucket: got.flagMetadata.bucket, version: got.flagMetadata.version,
        reason: got.flagMetadata.sottoReason },
      { value: said.enabled, bucket: said.bucket, version: said.version, reason: said.reason }, id);
    seen.add(got.value);
  }
  assert.deepEqual([...seen].sort(), [false, true], "the ids are on both sides of 10 %");
});

test("after --disable nobody has partial results", async () => {
  await change("--enable", "--percentage", "100");
  await change("--disable");
  for (const targetingKey of sessionIds()) {
    const details = await client.getBooleanDetails("partial-results", true, { targetingKey });
    assert.deepEqual([details.value, details.variant, details.reason], [false, "off", "DISABLED"], targetingKey);
  }
});

test("the thresholds are numbers", async () => {
  assert.equal(await client.getNumberValue("min-stability-threshold", 0, goldenEagle), 0.85);
  assert.equal(await client.getNumberValue("max-buffer-timeout", 0, goldenEagle), 5);
});

test("a question without an answer gives the default and says why", async () => {
  await change("--disable");
  const unknown = await client.getBooleanDetails("no-such-flag", true, goldenEagle);
  assert.deepEqual([unknown.value, unknown.reason, unknown.errorCode], [true, "ERROR", "FLAG_NOT_FOUND"]);
  const nobody = await client.getBooleanDetails("partial-results", true);
  assert.deepEqual([nobody.value, nobody.reason, nobody.errorCode], [true, "ERROR", "TARGETING_KEY_MISSING"]);
});

test("all flags come with an ETag, and again only when they have changed", async () => {
  await change("--enable", "--percentage", "100");
  const first = await askForAll(goldenEagle);
  assert.equal(first.status, 200);
  const tag = first.headers.get("ETag");
  assert.match(tag, /^(W\/)?"[^"]+"$/);
  const { flags } = await first.json();
  assert.deepEqual(flags.map(({ key, value }) => [key, value]),
    [["partial-results", true], ["min-stability-threshold", 0.85], ["max-buffer-timeout", 5]]);

  const same = await askForAll(goldenEagle, { "If-None-Match": tag });
  assert.equal(same.status, 304);
  assert.equal(await same.text(), "");

  await change("--percentage", "10");
  const changed = await askForAll(goldenEagle, { "If-None-Match": tag });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.get("ETag"), tag);
  assert.equal((await changed.json()).flags[0].value, false);
});

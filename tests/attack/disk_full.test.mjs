// A disk that fills up while somebody talks, and what a listener who comes back has then. The disk
// is the process's file size limit: it lets nothing grow, and can be lifted again.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { patience } from "../support/program.mjs";
import { until } from "../support/until.mjs";
import { Server } from "./server.mjs";
import { finals, talk } from "./talk.mjs";

let server;
let session;
let reader;

before(async () => {
  server = await Server.start();
  const begun = await server.ask("POST", "/v1/sessions", { headers: server.operator });
  assert.equal(begun.status, 201, begun.text);
  session = begun.body;
});
after(async () => server?.remove());

function setLimit(limit) {
  const pid = readFileSync(join(server.program.data, "serve.lock"), "utf8").match(/^pid (\d+)/)[1];
  execFileSync("prlimit", ["--pid", pid, `--fsize=${limit}:unlimited`]);
}
const fillUp = () => setLimit(0);
const makeRoom = () => setLimit("unlimited");

const read = (since) => server.socket(`/v1/sessions/${session.session_id}/captions?lang=en&since=${since}`);

async function say() {
  const heard = finals(reader).length;
  const speaker = await server.socket(`/v1/sessions/${session.session_id}/audio`,
    { headers: { Authorization: `Bearer ${session.speaker_token}` } });
  await talk(speaker);
  await until("what was said is shown", () => finals(reader).length > heard, patience);
  speaker.leave();
}

async function notStored() {
  const { text } = await server.ask("GET", "/metrics");
  return Number(text.match(/^sotto_not_stored\{.*\} (\d+)$/m)[1]);
}
const ready = async () => (await server.ask("GET", "/readyz")).status;
const texts = (captions) => captions.map(({ seq, segment, text }) => `${seq} ${segment} ${text}`);

test("captions are shown while the disk is full, and everybody is told", async () => {
  reader = await read(0);
  await say();
  fillUp();
  await say();
  assert.ok(server.program.running, server.program.running || server.program.howItEnded());
  assert.ok(await notStored() > 0);
  await until("it is not ready", async () => (await ready()) === 503);
  assert.ok(server.program.output.some((line) => line.includes("store_unavailable")));
});

test("another session is refused with a reason, and so is a change of the flag", async () => {
  const refused = await server.ask("POST", "/v1/sessions", { headers: server.operator });
  assert.equal(refused.status, 503, refused.text);
  const change = await server.ask("PUT", "/v1/rollout",
    { headers: server.operator, body: { rollout_percentage: 10, reason: "a test" } });
  assert.ok(change.status >= 400, `${change.status} ${change.text}`);
});

test("once there is room all is stored, and outlives the server", async () => {
  makeRoom();
  await until("it is stored", async () => (await notStored()) === 0);
  await until("it is ready", async () => (await ready()) === 200);
  const shown = texts(finals(reader));
  await server.program.stop("SIGKILL");
  await server.restart();
  reader = await read(0);
  await until("all is sent again", () => finals(reader).length >= shown.length);
  assert.deepEqual(texts(finals(reader)), shown);
});

test("what was shown and lost with a killed server leaves no gap for who comes back", async () => {
  fillUp();
  await say();
  const shown = finals(reader);
  const last = Math.max(...shown.map(({ seq }) => seq));
  await server.program.stop("SIGKILL");
  await server.restart();
  reader = await read(last);
  await say();
  const later = finals(reader);
  assert.ok(later.length > 0);
  for (const caption of later) {
    assert.ok(caption.seq > last, `${caption.seq} is not after ${last}`);
    assert.ok(!shown.some(({ segment }) => segment === caption.segment), `segment ${caption.segment} was shown`);
  }
});

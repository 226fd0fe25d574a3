// Strangers who start talks, to keep others from theirs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, test } from "node:test";
import { promisify } from "node:util";
import { until } from "../support/until.mjs";
import { patience } from "../support/program.mjs";
import { Server } from "./server.mjs";
import { silence, speak, speech } from "./speech.mjs";

let server;

afterEach(() => server?.remove());

const begin = (options) => server.ask("POST", "/v1/sessions", options);
const began = async (options) => {
  const { status, body, text } = await begin(options);
  assert.equal(status, 201, text);
  return body;
};
const started = (socket) => socket.hear("it is started", ({ type }) => type === "started");
const live = (socket) => socket.hear("it is live", ({ state }) => state === "live");

test("talks that nobody speaks in keep no recogniser from those who speak", async () => {
  server = await Server.start("--max-talks", "2");
  for (let i = 0; i < 12; ++i) await began();
  const talks = [];
  for (let i = 0; i < 2; ++i) {
    const speaker = await speak(server, await began());
    speaker.say(speech().subarray(0, 64_000));
    await live(speaker);
    talks.push(speaker);
  }
  assert.deepEqual((await server.ask("GET", "/readyz")).body.talks, { live: 2, most: 2 });
});

test("who finds no recogniser is told so, keeps the talk, and is heard when one is free", async () => {
  server = await Server.start("--max-talks", "1");
  const first = await speak(server, await began({ headers: server.operator }));
  first.say(silence(1));
  await live(first);
  const waiting = await began();
  let second = await speak(server, waiting);
  second.say(silence(1));
  assert.equal((await second.closed()).code, 4429);
  const { error } = second.messages.find(({ type }) => type === "error");
  assert.deepEqual([error.code, error.field], ["resource_exhausted", "recogniser"]);
  first.say({ type: "end" });
  await first.closed();
  await until("the recogniser is free", async () => (await server.ask("GET", "/readyz")).body.talks.live === 0, patience);
  second = await speak(server, waiting);
  const { received_seconds } = await started(second);
  assert.equal(received_seconds, 0, "nothing is counted that was not taken");
  second.say(silence(1));
  await live(second);
});

test("talks that nobody spoke in are not renewed by starting more, nor by a restart", async () => {
  server = await Server.start();
  const all = [];
  for (let i = 0; i < 20; ++i) {
    const { status, body } = await begin();
    if (status === 201) all.push(body.session_id);
  }
  const open = async () =>
    (await server.ask("GET", "/v1/sessions", { headers: server.operator })).body.sessions.map(({ session_id }) => session_id);
  await until("five are kept", async () => (await open()).length === 5, patience);
  assert.deepEqual(new Set(await open()), new Set(all.slice(-5)), "the newest");
  await server.program.stop();
  await server.restart("--max-talks", "1");
  const speaker = await speak(server, await began());
  speaker.say(silence(1));
  await live(speaker);
});

test("the operator lists and ends any talk", async () => {
  server = await Server.start();
  const { session_id } = await began();
  const reader = await server.socket(`/v1/sessions/${session_id}/captions?lang=en`);
  assert.equal((await server.ask("DELETE", `/v1/sessions/${session_id}`)).status, 403);
  const { sessions } = JSON.parse(await server.program.run("session", "list", "--json"));
  assert.deepEqual(sessions.map((each) => each.session_id), [session_id]);
  assert.match(await server.program.run("session", "list"), new RegExp(`${session_id} +waiting +en`));
  assert.equal(await server.program.run("session", "end", session_id), `${session_id} ends\n`);
  assert.equal((await reader.closed()).code, 1000);
  await assert.rejects(server.program.run("session", "end", "nobody-knows-1"), /there is no session with this id/);
});

test("where others are let in, a talk is started with the host code", async () => {
  server = await Server.start("--start", "code");
  const code = (await server.program.run("session", "code")).trim();
  assert.ok(server.program.output.some((line) => line.includes(code)), "it is printed at the start");
  assert.match(code, /^[a-z]+-[a-z]+-\d{3}-[a-z]+-[a-z]+-\d{3}$/);
  const refused = await begin();
  assert.equal(refused.status, 403);
  assert.equal(refused.body.error.field, "code");
  await began({ headers: { Authorization: `Bearer ${code}` } });
  await began({ body: { code: code.toUpperCase() } });
  await began({ headers: server.operator });
  assert.equal((await server.ask("GET", "/v1/languages")).body.start, "code");

  const renewed = (await server.program.run("session", "code", "--renew")).trim();
  assert.notEqual(renewed, code);
  assert.equal((await begin({ body: { code } })).status, 403, "the old one is void at once");
  await began({ body: { code: renewed } });
  for (let tries = 0; ; ++tries) {
    assert.ok(tries < 15, "codes can be guessed without a limit");
    if ((await begin({ body: { code: `wrong-${tries}` } })).status === 429) break;
  }
  assert.equal((await begin({ body: { code: renewed } })).status, 429, "who guesses learns nothing more");
  await began({ headers: server.operator });
  for (const line of server.program.output.slice(1)) assert.ok(!line.includes(server.program.operatorToken));
});

test("the default is the host code, but for a server that only this machine reaches", async () => {
  server = await Server.start("--address", "0.0.0.0");
  assert.equal((await begin()).status, 403);
  await server.program.stop();
  await server.restart("--address", "0.0.0.0", "--start", "open");
  assert.equal((await begin()).status, 201);
  await server.program.stop();
  await server.restart("--start", "operator");
  assert.equal((await begin()).status, 403);
  await began({ headers: server.operator });
});

test("a command that finds no server says so", async () => {
  server = await Server.start();
  await server.program.stop();
  await assert.rejects(server.program.run("session", "list"), /no server answers at http:\/\/127\.0\.0\.1:\d+/);
  await assert.rejects(
    promisify(execFile)(process.env.SOTTO_BINARY, ["session", "list", "--data", `${server.program.data}/none`]),
    /sotto: there is no operator's token/);
});

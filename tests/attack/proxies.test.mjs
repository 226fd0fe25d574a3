// Many people behind one address: a proxy, or a hall's network.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Server } from "./server.mjs";
import { until } from "../support/until.mjs";
import { Program, patience } from "../support/program.mjs";

const listeners = 500;
let server;
let talk;

before(async () => {
  server = await Server.start("--trusted-proxy", "127.0.0.1/32", "--max-connections", "3000");
  talk = (await server.ask("POST", "/v1/sessions", { headers: server.operator })).body;
});

after(() => server?.remove());

const behind = (client) => ({ headers: { "X-Forwarded-For": client } });

test("a hall behind one address votes and takes the transcript with it", async () => {
  const path = `/v1/sessions/${talk.session_id}`;
  const hall = behind("192.0.2.1");
  const sockets = [];
  for (let begun = 0; begun < listeners; begun += 50)
    sockets.push(...await Promise.all(Array.from({ length: 50 }, () =>
      server.socket(`${path}/captions?lang=en`, hall))));
  assert.deepEqual(sockets.filter(({ ended }) => ended !== undefined), []);
  const speaker = await server.socket(`${path}/audio`, hall);
  speaker.say({ type: "start", token: talk.speaker_token, sample_rate: 16_000 });
  speaker.say(Buffer.alloc(3200));
  await Promise.all(sockets.map((one) => one.hear("who it is", ({ type }) => type === "listener")));
  const statuses = { votes: {}, transcripts: {} };
  const count = (of, { status }) => { of[status] = (of[status] ?? 0) + 1; };
  for (let at = 0; at < sockets.length; at += 25) {
    await Promise.all(sockets.slice(at, at + 25).map(async (one) => {
      const { id } = one.messages.find(({ type }) => type === "listener");
      count(statuses.votes, await server.ask("POST", `${path}/feedback`,
        { ...hall, body: { rating: "up", listener: id } }));
      for (const form of ["vtt", "srt"])
        count(statuses.transcripts, await server.ask("GET", `${path}/captions.${form}`, hall));
    }));
  }
  assert.deepEqual(statuses, { votes: { 202: listeners }, transcripts: { 200: 2 * listeners } });
  for (const one of [...sockets, speaker]) one.leave();
});

test("one client that hammers is limited, and nobody else is", async () => {
  const path = `/v1/sessions/${talk.session_id}/captions.vtt?lang=tlh`;
  await until("it is limited", async () => (await server.ask("GET", path, behind("192.0.2.66"))).status === 429, patience);
  assert.equal((await server.ask("GET", path, behind("192.0.2.67"))).status, 404);
  let begun = 0;
  const begin = (headers) => server.ask("POST", "/v1/sessions", { headers, body: "{" });
  await until("sessions are limited", async () => {
    begun += 1;
    return (await begin({ "X-Forwarded-For": "192.0.2.66" })).status === 429;
  }, patience);
  assert.ok(begun <= 40, `after ${begun}`);
  // What a client writes before the proxy's own entry changes nothing.
  assert.equal((await begin({ "X-Forwarded-For": "192.0.2.68, 192.0.2.66" })).status, 429);
  assert.equal((await begin({ "X-Forwarded-For": "192.0.2.66, 192.0.2.69" })).status, 400);
  assert.equal((await begin({ Forwarded: "for=192.0.2.66;proto=https" })).status, 429);
  assert.equal((await begin({ Forwarded: 'for="[2001:db8::1]:80"' })).status, 400);
});

test("who is no trusted proxy names nobody", async (t) => {
  const alone = await Server.start();
  t.after(() => alone.remove());
  let tries = 0;
  await until("it is limited, whomever it names", async () => {
    tries += 1;
    return (await alone.ask("POST", "/v1/sessions", { ...behind(`192.0.2.${tries}`), body: "{" })).status === 429;
  }, patience);
  assert.ok(tries <= 40, `after ${tries}`);
});

test("what is no network is named", async () => {
  const wrong = new Program();
  wrong.start("--port", "0", "--no-demo", "--trusted-proxy", "10.0.0.0/33");
  const { code } = await wrong.exited;
  assert.notEqual(code, 0);
  assert.match(wrong.output.join("\n"), /trusted-proxy/);
  await wrong.remove();
});

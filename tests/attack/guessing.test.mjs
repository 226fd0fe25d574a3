// Sessions are found by those who were told of them, and not by trying.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Server } from "./server.mjs";

let server;

before(async () => {
  server = await Server.start("--trusted-proxy", "127.0.0.1");
});

after(() => server?.remove());

const from = (client) => ({ headers: { "X-Forwarded-For": client } });
const begin = async () => (await server.ask("POST", "/v1/sessions", { headers: server.operator })).body;

test("who guesses learns nothing any more, while a hall behind the same address goes on", async () => {
  const known = await begin(), other = await begin();
  const hall = from("192.0.2.1");
  const show = ({ session_id }) => server.ask("GET", `/v1/sessions/${session_id}`, hall);
  assert.equal((await show(known)).status, 200);
  let found = 0, missed = 0, refused = 0;
  for (let guess = 0; guess < 300; ++guess) {
    const id = `amber-acorn-${100 + guess}`;
    const path = ["", "/captions.vtt", "/captions.srt"][guess % 3];
    const { status } = await server.ask("GET", `/v1/sessions/${id}${path}`, hall);
    if (status === 404) ++missed;
    else if (status === 429) ++refused;
    else ++found;
  }
  assert.deepEqual([found, missed + refused], [0, 300]);
  assert.ok(missed <= 62, `${missed} guesses were answered`);
  const unknown = await server.ask("GET", "/v1/sessions/amber-acorn-999", hall);
  const there = await show(other);
  assert.deepEqual([there.status, there.body], [unknown.status, unknown.body], "the right id is answered as a wrong one");
  assert.match(there.headers["retry-after"], /^\d+$/);

  assert.equal((await show(known)).status, 200);
  const listener = await server.socket(`/v1/sessions/${known.session_id}/captions?lang=en`, hall);
  await listener.hear("the state", ({ type }) => type === "status");
  listener.leave();
  for (const id of [other.session_id, "amber-acorn-998"]) {
    const socket = await server.socket(`/v1/sessions/${id}/captions?lang=en`, hall);
    assert.equal((await socket.closed()).code, 4429, id);
  }
  assert.equal((await server.ask("GET", `/v1/sessions/${other.session_id}`, from("192.0.2.2"))).status, 200);
  assert.equal((await server.ask("GET", `/v1/sessions/${other.session_id}`,
    { headers: { ...hall.headers, ...server.operator } })).status, 200);
});

test("sockets and wrong tokens are counted, and so are all addresses of an IPv6 network", async () => {
  const { session_id } = await begin();
  const guesser = from("192.0.2.3");
  let answered = 0;
  for (let guess = 0; guess < 100; ++guess) {
    const socket = await server.socket(`/v1/sessions/amber-acorn-${100 + guess}/captions?lang=en`, guesser);
    if ((await socket.closed()).code === 4404) ++answered;
  }
  assert.ok(answered <= 62, `${answered} sockets were answered`);
  const end = (client) => server.ask("DELETE", `/v1/sessions/${session_id}`,
    { headers: { ...from(client).headers, Authorization: "Bearer guess" } });
  for (let guess = 0; guess < 70; ++guess) await end("192.0.2.4");
  assert.equal((await server.ask("GET", "/v1/sessions/amber-acorn-100", from("192.0.2.4"))).status, 429);

  answered = 0;
  for (let guess = 0; guess < 400; ++guess) {
    const { status } = await server.ask("GET", `/v1/sessions/amber-acorn-${100 + guess}`,
      from(`2001:db8:1:${guess.toString(16)}::1`));
    if (status === 404) ++answered;
  }
  assert.ok(answered <= 250, `${answered} guesses were answered`);
});

// Strangers who hold connections: the server's health and its operator get through all the same.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { Server } from "./server.mjs";
import { patience } from "../support/program.mjs";
import { until } from "../support/until.mjs";

const most = 40;
let server;
let talk;

before(async () => {
  server = await Server.start("--max-connections", String(most));
  talk = (await server.ask("POST", "/v1/sessions")).body;
});

after(() => server?.remove());

/** A connection that may say something now and then, and notes when it is closed. */
function stranger(bytes = "") {
  const socket = connect(server.port, "127.0.0.1", () => socket.write(bytes));
  const one = { socket, begun: Date.now(), closed: undefined };
  socket.on("error", () => {});
  socket.on("data", () => {});
  socket.on("close", () => { one.closed = Date.now() - one.begun; });
  return one;
}

async function healthAndOperatorGetThrough() {
  for (const path of ["/healthz", "/readyz", "/metrics"]) assert.equal((await server.ask("GET", path)).status, 200, path);
  const { status, body } = await server.ask("GET", "/v1/sessions", { headers: server.operator });
  assert.deepEqual([status, body.sessions.length], [200, 1]);
}

test("it says how many it takes", () => {
  assert.ok(server.program.output.some((line) => /^connections: at most 40, 30 of one client \(\d+ files may be open\)$/.test(line)),
    server.program.output.join("\n"));
});

test("who says nothing, or one byte at a time, is closed", async () => {
  const silent = stranger();
  const idle = stranger("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const slow = stranger("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
  const slowBody = stranger("POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
  const speaker = await server.socket(`/v1/sessions/${talk.session_id}/audio`);
  const partial = await server.socket(`/v1/sessions/${talk.session_id}/audio`);
  partial.socket._socket.write(Buffer.from([0x82, 0x80 | 100, 0, 0, 0, 0]));
  const listener = await server.socket(`/v1/sessions/${talk.session_id}/captions?lang=en`);
  const drip = setInterval(() => {
    if (!slow.socket.destroyed) slow.socket.write("x");
    if (!slowBody.socket.destroyed) slowBody.socket.write("x");
  }, 250);
  try {
    await until("all are closed", () =>
      [silent, idle, slow, slowBody].every(({ closed }) => closed !== undefined), patience);
  } finally {
    clearInterval(drip);
  }
  assert.ok(silent.closed < 15_000, `a connection without a request stays for ${silent.closed} ms`);
  assert.ok(slow.closed < 15_000, `a slow head, for ${slow.closed} ms`);
  assert.ok(idle.closed < 20_000, `an idle one, for ${idle.closed} ms`);
  assert.ok(slowBody.closed < 30_000, `a slow body, for ${slowBody.closed} ms`);
  assert.equal((await speaker.closed()).code, 4408);
  assert.equal((await partial.closed()).code, 4408);
  assert.equal(listener.ended, undefined, "a listener need not speak");
  listener.leave();
});

test("a thousand connections that say nothing keep nobody out", async () => {
  const strangers = [];
  for (let i = 0; i < 1000; ++i) {
    strangers.push(stranger(i % 2 ? "" : "GET / HT"));
    if (i % 100 === 99) await healthAndOperatorGetThrough();
  }
  const listener = await server.socket(`/v1/sessions/${talk.session_id}/captions?lang=en`);
  await listener.hear("the state", ({ type }) => type === "status");
  assert.equal((await server.ask("GET", "/v1/languages")).status, 200);
  await until("the oldest are gone", () =>
    strangers.filter(({ closed }) => closed === undefined).length <= most, patience);
  for (const { socket } of strangers) socket.destroy();
  listener.leave();
});

test("WebSockets that hold every connection leave room for health and the operator", async () => {
  const sockets = [];
  for (let i = 0; i < most + 20; ++i)
    sockets.push(await server.socket(`/v1/sessions/${talk.session_id}/captions?lang=en`));
  const refused = sockets.filter(({ ended }) => ended !== undefined);
  assert.ok(refused.length >= 20, `${refused.length} are refused`);
  for (const { ended } of refused) assert.equal(ended.status, 503);
  await healthAndOperatorGetThrough();
  const { status, headers, body } = await server.ask("GET", "/v1/languages");
  assert.deepEqual([status, body.error.code], [503, "unavailable"]);
  assert.match(headers["retry-after"], /^\d+$/);
  for (const one of sockets) one.leave();
  await until("there is room again", async () => (await server.ask("GET", "/v1/languages")).status === 200, patience);
});

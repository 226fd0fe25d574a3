// HTTP and WebSockets that are not quite: what two programs could understand differently is refused,
// and nothing says what runs here, or where.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { Server } from "./server.mjs";

let server;
let talk;

before(async () => {
  server = await Server.start();
  talk = (await server.ask("POST", "/v1/sessions")).body;
});

after(() => server?.remove());

const statusOf = (answer) => Number(answer.match(/^HTTP\/1\.1 (\d+)/)?.[1]);
const answersIn = (text) => text.split(/^HTTP\/1\.1 /m).length - 1;

test("a request that a proxy could read differently is refused, and so is what follows it", async () => {
  const second = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const post = (fields, body = "") => `POST /v1/sessions HTTP/1.1\r\n${fields}\r\n${body}${second}`;
  const host = "Host: localhost\r\n";
  const chunks = "0\r\n\r\n";
  for (const [status, bytes] of [
    [501, post(`${host}Transfer-Encoding: xchunked\r\n`, chunks)],
    [501, post(`${host}Transfer-Encoding: chunked, identity\r\n`, chunks)],
    [501, post(`${host}Transfer-Encoding: identity, chunked\r\n`, chunks)],
    [501, post(`${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n`, chunks)],
    [400, post(`${host}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n`, chunks)],
    [400, post(`${host}Content-Length: 0\r\nContent-Length: 0\r\n`)],
    [400, post(`${host}Content-Length: 0\r\nContent-Length: 44\r\n`)],
    [400, post(`${host}Content-Length: 0, 0\r\n`)],
    [400, post(`${host}Content-Length: +0\r\n`)],
    [400, post(`${host}Host: localhost\r\nContent-Length: 0\r\n`)],
    [400, post("Content-Length: 0\r\n")],
    [400, post(`${host}X: a\r\n folded\r\nContent-Length: 0\r\n`)],
    [400, post(`${host}Content-Length : 0\r\n`)],
    [400, post(`${host}X: a\nContent-Length: 0\r\n`)],
    [400, post(`${host}X: a\rContent-Length: 0\r\n`)],
    [400, `GET http://localhost/healthz HTTP/1.1\r\n${host}\r\n${second}`],
    [400, `GET healthz HTTP/1.1\r\n${host}\r\n${second}`],
    [400, `GET /health z HTTP/1.1\r\n${host}\r\n${second}`],
    [400, `GET /healthz\r\n\r\n${second}`],
    [505, `GET /healthz HTTP/2.0\r\n${host}\r\n${second}`],
    [400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    [431, `GET /healthz HTTP/1.1\r\n${host}X: ${"x".repeat(9000)}\r\n\r\n`],
    [417, post(`${host}Expect: tea\r\nContent-Length: 0\r\n`)],
  ]) {
    const answer = await server.say(Buffer.from(bytes, "latin1"));
    assert.equal(statusOf(answer), status, bytes);
    assert.equal(answersIn(answer), 1, `it is closed then: ${bytes}`);
    assert.match(answer, /^Connection: close\r$/m, bytes);
    assert.ok(answer.includes('{"error":{"code":'), answer);
  }
});

test("sound requests are answered, one after the other", async () => {
  const host = "Host: localhost\r\n";
  const last = `GET /healthz HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;
  const answer = await server.say(`POST /v1/sessions HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`
    + `1\r\n[\r\n0\r\n\r\nPOST /v1/sessions HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\n[${last}`);
  assert.deepEqual([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), ["400", "400", "200"]);
  assert.equal(statusOf(await server.say("GET /healthz HTTP/1.0\r\n\r\n")), 200);
  assert.match(await server.say(`POST /v1/sessions HTTP/1.1\r\n${host}Content-Length: 1\r\nExpect: 100-continue\r\n`
    + "Connection: close\r\n\r\n["), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 400/);
});

test("HEAD is wherever GET is", async () => {
  for (const path of ["/healthz", "/readyz", "/metrics", "/", "/v1/languages", "/v1/alarms", "/v1/rollout",
    "/v1/rollout/history", "/v1/openapi.json", `/v1/sessions/${talk.session_id}`, "/v1/sessions"]) {
    const get = await server.ask("GET", path, { headers: server.operator });
    const head = await server.ask("HEAD", path, { headers: server.operator });
    assert.deepEqual([head.status, head.text, head.headers["content-type"]],
      [get.status, "", get.headers["content-type"]], path);
    assert.ok(Number(head.headers["content-length"]) > 0, path);
  }
  assert.equal((await server.ask("HEAD", "/v1/rollout/history")).status, 403);
  const { status, headers } = await server.ask("PUT", "/v1/sessions");
  assert.deepEqual([status, headers.allow], [405, "GET, HEAD, POST"]);
  assert.equal((await server.ask("HEAD", `/v1/sessions/${talk.session_id}/feedback`)).status, 405);
});

test("a handshake is held to the standard, and says no version of anything", async () => {
  const shake = (fields) => server.say(
    `GET /v1/sessions/${talk.session_id}/captions?lang=en HTTP/1.1\r\nHost: localhost\r\n`
    + `Connection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n`);
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", version = "Sec-WebSocket-Version: 13\r\n";
  for (const [status, fields] of [
    [400, version], [400, `${version}Sec-WebSocket-Key: x\r\n`],
    [400, `${version}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n`],
    [400, version + key + key], [426, key], [426, `${key}Sec-WebSocket-Version: 8\r\n`],
  ]) {
    const answer = await shake(fields);
    assert.equal(statusOf(answer), status, fields);
    assert.doesNotMatch(answer, /Beast|\/\d{3}|\d\.\d+\.\d/, answer);
    if (status === 426) assert.match(answer, /^Sec-WebSocket-Version: 13\r$/m);
  }
  const sound = await new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.address.replace("http", "ws")}/v1/sessions/${talk.session_id}/captions?lang=en`);
    socket.on("upgrade", ({ headers }) => { resolve(headers); socket.terminate(); });
    socket.on("error", reject);
  });
  assert.doesNotMatch(JSON.stringify(sound), /Beast|\d\.\d|\/\d/);
});

/** A client's frame, whose mask is 0. */
function frame(first, payload, length = 0x80 | payload.length) {
  return Buffer.concat([Buffer.from([first, length, 0, 0, 0, 0]), Buffer.from(payload, "latin1")]);
}

test("frames are held to the standard, of speakers and listeners", async () => {
  const cases = [
    [1007, [frame(0x81, "\xff")]],
    [1007, [frame(0x01, "caf\xc3"), frame(0x80, "x")]],
    [1002, [Buffer.from([0x81, 0x01, 0x78])]],
    [1002, [frame(0xc1, "x")]],
    [1002, [frame(0x83, "x")]],
    [1002, [frame(0x80, "x")]],
    [1002, [frame(0x09, "x")]],
    [1002, [frame(0x01, "x"), frame(0x81, "x")]],
    [1002, [frame(0x88, "x")]],
    [1002, [frame(0x88, "\x03\xed")]],
    [1009, [Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])]],
  ];
  for (const path of ["captions?lang=en", "speech?lang=en", "audio"]) {
    for (const [code, frames] of cases) {
      const socket = await server.socket(`/v1/sessions/${talk.session_id}/${path}`);
      socket.socket._socket.write(Buffer.concat(frames));
      assert.equal((await socket.closed()).code, code, `${path} ${frames.map((one) => one.toString("hex"))}`);
    }
  }
});

test("who says too much is closed, audio aside", async () => {
  const listener = await server.socket(`/v1/sessions/${talk.session_id}/captions?lang=en`);
  for (let i = 0; i < 100; ++i) listener.say({ type: "language", lang: i % 2 ? "es" : "en" });
  assert.equal((await listener.closed()).code, 4429);
  const speaker = await server.socket(`/v1/sessions/${talk.session_id}/audio`);
  speaker.say({ type: "start", token: talk.speaker_token, sample_rate: 16_000 });
  for (let i = 0; i < 100; ++i) speaker.say(Buffer.alloc(320));
  for (let i = 0; i < 100; ++i) speaker.say({ type: "mute", on: i % 2 === 0 });
  assert.equal((await speaker.closed()).code, 4429);
});

test("strangers read nothing of where things are kept", async () => {
  const answers = await Promise.all([
    server.ask("GET", "/readyz"), server.ask("GET", "/metrics"), server.ask("GET", "/nothing"),
    server.ask("GET", "/v1/sessions/no-such-1"), server.ask("GET", "/v1/languages"),
  ]);
  for (const { text, headers } of answers) {
    assert.ok(!text.includes(server.program.data), text);
    assert.doesNotMatch(text, /"\/(?!v1)/, text);
    assert.equal(headers.server, undefined);
  }
});

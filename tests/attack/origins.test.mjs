// Pages of others, in the browser of somebody who reaches this server: they may not use it, whatever
// name they give it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Server } from "./server.mjs";

const friend = "https://www.example.com";
const outside = "https://talks.example.com";
let server;
let talk;

before(async () => {
  server = await Server.start("--start", "open", "--allow-origin", friend, "--public-url", outside);
  talk = (await server.ask("POST", "/v1/sessions")).body;
});

after(() => server?.remove());

const ask = (method, path, headers, body) => server.ask(method, path, { headers, body });

test("a name that leads here by DNS is not the server's", async () => {
  for (const host of ["evil.example", `evil.example:${server.port}`, `127.0.0.1.evil.example`, "192.0.2.1", "<b>x"]) {
    const { status, text } = await ask("GET", "/v1/rollout", { ...server.operator, Host: host });
    assert.equal(status, host === "<b>x" ? 400 : 421, host);
    assert.ok(!text.includes("evil") && !text.includes("<b>"), text);
    if (status === 421) assert.match(text, /--public-url/);
  }
  for (const host of ["localhost", `localhost:${server.port}`, `[::1]:${server.port}`, "127.0.0.1", "talks.example.com"])
    assert.equal((await ask("GET", "/v1/languages", { Host: host })).status, 200, host);
  for (const path of ["/healthz", "/readyz", "/metrics"])
    assert.equal((await ask("GET", path, { Host: "10.1.2.3:8080" })).status, 200, path);
});

test("a visited page cannot begin sessions, read them or open sockets", async () => {
  for (const origin of ["https://evil.example", "null", `http://localhost:${server.port + 1}`, "http://127.0.0.1"]) {
    const begun = await ask("POST", "/v1/sessions", { Origin: origin });
    assert.deepEqual([begun.status, begun.body.error.code, begun.body.error.field],
      [403, "permission_denied", "Origin"], origin);
    assert.equal((await ask("GET", `/v1/sessions/${talk.session_id}`, { Origin: origin })).status, 403);
    assert.equal((await ask("GET", "/v1/rollout", { ...server.operator, Origin: origin })).status, 403);
    for (const leaf of ["captions?lang=en", "speech?lang=en", "audio"]) {
      const { ended } = await server.socket(`/v1/sessions/${talk.session_id}/${leaf}`, { headers: { Origin: origin } });
      assert.deepEqual(ended, { status: 403 }, `${leaf} ${origin}`);
    }
  }
});

test("its own pages may, also behind a proxy", async () => {
  for (const headers of [
    { Origin: server.address }, { Origin: outside }, { Origin: outside, Host: "talks.example.com" },
    { Origin: `http://localhost:${server.port}`, Host: `localhost:${server.port}` }, {},
  ]) {
    assert.equal((await ask("POST", "/v1/sessions", headers, "{")).status, 400, JSON.stringify(headers));
    const socket = await server.socket(`/v1/sessions/${talk.session_id}/audio`, { headers });
    assert.equal(socket.ended, undefined, JSON.stringify(headers));
    socket.leave();
  }
});

test("pages of an allowed origin read captions, sessions and the flag, and do nothing else", async () => {
  const page = { Origin: friend };
  const session = `/v1/sessions/${talk.session_id}`;
  for (const path of [session, `${session}/captions.vtt`, "/v1/languages"]) {
    const { status, headers } = await ask("GET", path, page);
    assert.equal(status, 200, path);
    assert.equal(headers["access-control-allow-origin"], friend);
    assert.match(headers.vary, /Origin/);
    assert.match((await ask("GET", path)).headers.vary, /Origin/, "caches keep them apart");
  }
  const flags = "/ofrep/v1/evaluate/flags";
  const asked = await ask("OPTIONS", flags,
    { ...page, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" });
  assert.equal(asked.status, 204);
  assert.equal(asked.headers["access-control-allow-origin"], friend);
  assert.match(asked.headers["access-control-allow-methods"], /POST/);
  assert.match(asked.headers["access-control-allow-headers"], /Content-Type/i);
  const body = { context: { targetingKey: "golden-eagle-427" } };
  assert.equal((await ask("POST", flags, page, body)).headers["access-control-allow-origin"], friend);
  const socket = await server.socket(`${session}/captions?lang=en`, { headers: page });
  await socket.hear("the state", ({ type }) => type === "status");
  socket.leave();

  assert.equal((await ask("POST", "/v1/sessions", page)).status, 403);
  assert.equal((await ask("DELETE", session, page)).status, 403);
  for (const path of ["/v1/rollout", "/v1/sessions", "/v1/alarms"]) {
    const { status, headers } = await ask("GET", path, { ...page, ...server.operator });
    assert.deepEqual([status, headers["access-control-allow-origin"]], [403, undefined], path);
    assert.equal((await ask("OPTIONS", path, { ...page, "Access-Control-Request-Method": "GET" })).status, 403, path);
  }
  const stranger = await ask("OPTIONS", flags, { Origin: "https://evil.example", "Access-Control-Request-Method": "POST" });
  assert.deepEqual([stranger.status, stranger.headers["access-control-allow-origin"]], [403, undefined]);
});

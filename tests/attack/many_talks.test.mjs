// A server that is killed with more talks than it has recognisers when it starts again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { patience } from "../support/program.mjs";
import { until } from "../support/until.mjs";
import { Server } from "./server.mjs";
import { finals, talk } from "./talk.mjs";

const talks = [];
let server;

before(async () => {
  server = await Server.start("--max-talks", "4");
  for (let i = 0; i < 4; ++i) {
    const begun = await server.ask("POST", "/v1/sessions", { headers: server.operator });
    assert.equal(begun.status, 201, begun.text);
    talks.push(begun.body);
  }
  await server.program.stop("SIGKILL");
});
after(async () => server?.remove());

const open = async () => (await server.ask("GET", "/v1/sessions", { headers: server.operator }))
  .body.sessions.map(({ session_id: id }) => id);
const end = ({ session_id: id, speaker_token: token }) =>
  server.ask("DELETE", `/v1/sessions/${id}`, { headers: { Authorization: `Bearer ${token}` } });

test("the demo gives way to the talks that go on", async () => {
  server.program.start("--port", "0", "--max-talks", "4");
  server.address = await server.program.address();
  assert.deepEqual(await open(), talks.map(({ session_id: id }) => id));
  assert.equal((await server.ask("GET", "/v1/demo")).status, 404);
  assert.ok(server.program.output.some((line) => line.includes("the demo is not played")));
  await server.program.stop("SIGKILL");
});

test("with fewer recognisers than talks it starts, and loses none", async () => {
  await server.restart("--max-talks", "2");
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
  assert.deepEqual((await open()).slice(0, 2), talks.slice(0, 2).map(({ session_id: id }) => id));
  await server.program.stop("SIGKILL");
  await server.restart("--max-talks", "1");
  await end(talks[0]);
  await until("the next one goes on", async () => (await open()).includes(talks[1].session_id), patience);
  await end(talks[1]);
  await until("and the one after it", async () => (await open()).includes(talks[2].session_id), patience);
});

test("its speaker goes on", async () => {
  const { session_id: id, speaker_token: token } = talks[2];
  const reader = await server.socket(`/v1/sessions/${id}/captions?lang=en&since=0`);
  const speaker = await server.socket(`/v1/sessions/${id}/audio`, { headers: { Authorization: `Bearer ${token}` } });
  await talk(speaker);
  await until("what was said is shown", () => finals(reader).length > 0, patience);
});

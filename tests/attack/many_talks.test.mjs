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

test("the demo gives way to the talks that go on, once somebody speaks in them", async () => {
  server.program.start("--port", "0", "--max-talks", "4");
  server.address = await server.program.address();
  const all = await open();
  for (const { session_id: id } of talks) assert.ok(all.includes(id), id);
  for (const { session_id: id, speaker_token: token } of talks) {
    const speaker = await server.socket(`/v1/sessions/${id}/audio`, { headers: { Authorization: `Bearer ${token}` } });
    speaker.say(Buffer.alloc(32_000));
    await speaker.hear("it is live", ({ state }) => state === "live");
  }
  assert.deepEqual((await server.ask("GET", "/readyz")).body.talks, { live: 4, most: 4 });
  await server.program.stop("SIGKILL");
});

test("with fewer recognisers than talks it starts, and loses none", async () => {
  await server.restart("--max-talks", "1");
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
  assert.deepEqual(await open(), talks.map(({ session_id: id }) => id));
  await end(talks[0]);
  await end(talks[1]);
  await until("two go on", async () => (await open()).length === 2, patience);
});

test("its speaker goes on", async () => {
  const { session_id: id, speaker_token: token } = talks[2];
  const reader = await server.socket(`/v1/sessions/${id}/captions?lang=en&since=0`);
  const speaker = await server.socket(`/v1/sessions/${id}/audio`, { headers: { Authorization: `Bearer ${token}` } });
  await talk(speaker);
  await until("what was said is shown", () => finals(reader).length > 0, patience);
});

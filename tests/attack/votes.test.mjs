// Strangers who vote, to hold a rollout.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../support/until.mjs";
import { patience } from "../support/program.mjs";
import { Server } from "./server.mjs";
import { silence, speak } from "./speech.mjs";

let server;

before(async () => { server = await Server.start(); });
after(() => server.remove());

const began = async () => (await server.ask("POST", "/v1/sessions", { headers: server.operator })).body;

async function listen({ session_id }, query = "") {
  const socket = await server.socket(`/v1/sessions/${session_id}/captions?lang=en${query}`);
  const { id } = await socket.hear("who it is", ({ type }) => type === "listener");
  return { socket, id };
}

const vote = ({ session_id }, listener, rating = "down") =>
  server.ask("POST", `/v1/sessions/${session_id}/feedback`, { body: { rating, listener, language: "en" } });

/** Negative ratings that count, in all. */
async function counted() {
  const { text } = await server.ask("GET", "/metrics", { headers: server.operator });
  const lines = text.split("\n").filter((line) => /^sotto_feedback_negative\w*\{/.test(line));
  assert.ok(lines.length > 0, text);
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

test("an id that is made up, another talk's, or nobody's has no vote", async () => {
  const talk = await began();
  const other = await began();
  const { id } = await listen(other);
  for (const listener of [id, "0".repeat(32), "0".repeat(31) + "1", "a-page-of-mine-1"]) {
    const { status, body } = await vote(talk, listener);
    assert.deepEqual([status, body.error.field], [403, "listener"], listener);
  }
  assert.equal(await counted(), 0);
});

test("who opens many connections, and votes at once, has no vote that counts", async () => {
  const talk = await began();
  const speaker = await speak(server, talk);
  speaker.say(silence(1));
  await speaker.hear("it is live", ({ state }) => state === "live");
  for (let i = 0; i < 10; ++i) {
    const { socket, id } = await listen(talk, i % 2 === 0 ? "" : `&listener=${String(i).padStart(32, "0")}`);
    assert.equal((await vote(talk, id)).status, 202);
    socket.leave();
    assert.equal((await vote(talk, id)).status, 202, "also after it has left");
  }
  assert.equal(await counted(), 0);
  speaker.leave();
});

test("a listener's vote counts once, however often it is given", async () => {
  const talk = await began();
  const { id, socket } = await listen(talk);
  const speaker = await speak(server, talk);
  const talking = setInterval(() => speaker.say(silence(0.5)), 500);
  try {
    const before = await counted();
    await until("it has listened for ten seconds", async () => {
      const { sessions } = (await server.ask("GET", "/v1/sessions", { headers: server.operator })).body;
      return sessions.find(({ session_id }) => session_id === talk.session_id).audio_seconds > 11;
    }, patience);
    for (const rating of ["down", "down", "up", "down"]) assert.equal((await vote(talk, id, rating)).status, 202);
    assert.equal(await counted(), before + 1);
  } finally {
    clearInterval(talking);
    socket.leave();
    speaker.leave();
  }
});

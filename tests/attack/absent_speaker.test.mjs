// A talk whose speaker is gone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Server } from "./server.mjs";
import { silence, speak } from "./speech.mjs";

let server;

before(async () => { server = await Server.start(); });
after(() => server.remove());

/** A talk that is live, its speaker and a listener. */
async function liveTalk() {
  const talk = (await server.ask("POST", "/v1/sessions")).body;
  const reader = await server.socket(`/v1/sessions/${talk.session_id}/captions?lang=en`);
  const speaker = await speak(server, talk);
  speaker.say(silence(1));
  await reader.hear("it is live", ({ state }) => state === "live");
  return { talk, reader, speaker };
}

/** How long until listeners see the state `wanted`, in milliseconds. */
async function until(reader, wanted) {
  const from = performance.now();
  await reader.hear(wanted, ({ state }) => state === wanted);
  return performance.now() - from;
}

test("listeners and the operator learn within 5 s that a speaker's connection is gone", async () => {
  const { talk, reader, speaker } = await liveTalk();
  speaker.leave();
  assert.ok(await until(reader, "away") < 6_000);
  assert.equal((await server.ask("GET", `/v1/sessions/${talk.session_id}`)).body.state, "away");
  const { sessions } = (await server.ask("GET", "/v1/sessions", { headers: server.operator })).body;
  assert.equal(sessions.find(({ session_id }) => session_id === talk.session_id).state, "away");

  const back = await speak(server, talk);
  back.say(silence(1));
  await back.hear("it is live", ({ state }) => state === "live");
  const states = () => reader.messages.filter(({ type }) => type === "status").map(({ state }) => state);
  await reader.hear("it is live again", () => states().at(-1) === "live");
});

test("and that one is silently dead", async () => {
  const { reader, speaker } = await liveTalk();
  speaker.socket.pause();  // it neither sends nor answers
  assert.ok(await until(reader, "away") < 6_000);
  speaker.leave();
});

test("a speaker who paused is not gone", async () => {
  const { reader, speaker } = await liveTalk();
  speaker.say({ type: "pause" });
  await until(reader, "paused");
  const other = await liveTalk();
  other.speaker.leave();
  await until(other.reader, "away");
  assert.equal(reader.messages.at(-1).state, "paused");
});

// A speaker whose connection died without a word, and who is back before the server knows.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Server } from "./server.mjs";
import { silence, speak } from "./speech.mjs";

let server;

before(async () => { server = await Server.start(); });
after(() => server.remove());

const began = async () => (await server.ask("POST", "/v1/sessions")).body;
const started = (socket) => socket.hear("it is started", ({ type }) => type === "started");

test("who has the token takes over at once, and the one before is told", async () => {
  const talk = await began();
  const first = await speak(server, talk);
  first.say(silence(2));
  await first.hear("two seconds are taken", ({ received_seconds }) => received_seconds === 2);
  const second = await speak(server, talk);
  assert.equal((await started(second)).received_seconds, 2);
  assert.equal((await first.closed()).code, 4409);
  assert.equal(first.messages.find(({ type }) => type === "error").error.code, "conflict");
  second.say(silence(1));
  await second.hear("three seconds are taken", ({ received_seconds }) => received_seconds === 3);
});

test("what the one before still sends is not heard, however it comes", async () => {
  const talk = await began();
  const first = await speak(server, talk);
  await started(first);
  const second = await speak(server, talk);
  await started(second);
  for (let i = 0; i < 20; ++i) first.say(silence(1));
  first.say({ type: "end" });
  await first.closed();
  second.say(silence(1));
  const { received_seconds } = await second.hear("its own second", ({ state }) => state === "live");
  assert.equal(received_seconds, 1);
  assert.equal((await server.ask("GET", `/v1/sessions/${talk.session_id}`)).body.state, "live");
});

test("twenty who take over from each other lose no sound and count none twice", async () => {
  const talk = await began();
  let taken = 0;
  for (let i = 0; i < 20; ++i) {
    const speaker = await speak(server, talk);
    assert.equal((await started(speaker)).received_seconds, taken);
    speaker.say(silence(1));
    await speaker.hear("its second", ({ type, received_seconds }) => type === "status" && received_seconds === taken + 1);
    ++taken;
  }
});

test("without the token nobody takes over", async () => {
  const talk = await began();
  const speaker = await speak(server, talk);
  await started(speaker);
  for (const speaker_token of ["", "x", `${talk.speaker_token}x`]) {
    const stranger = await speak(server, { ...talk, speaker_token });
    assert.equal((await stranger.closed()).code, 4403);
  }
  speaker.say(silence(1));
  await speaker.hear("it is live", ({ state }) => state === "live");
});

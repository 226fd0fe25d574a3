// AWS's own client talks to the Transcribe-shaped test server over a WebSocket: it presigns, frames
// and reads as AWS wrote it. In Node the SDK would speak HTTP/2; its browser half speaks WebSockets,
// and runs here with the `ws` package for the browser's WebSocket.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { StartStreamTranscriptionCommand, TranscribeStreamingClient } from "@aws-sdk/client-transcribe-streaming";
import { eventStreamPayloadHandler } from "@aws-sdk/middleware-sdk-transcribe-streaming";
import { WebSocketFetchHandler } from "@aws-sdk/middleware-websocket";
import WebSocket from "ws";

const folder = mkdtempSync(join(tmpdir(), "sotto-aws-sdk-"));
let server, port, ended, said = "";

before(async () => {
  server = spawn(process.env.TRANSCRIBE_SERVER, [folder], { stdio: ["pipe", "pipe", "inherit"] });
  ended = new Promise((resolve) => server.once("exit", resolve));
  port = await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.stdout.on("data", (data) => {
      said += data;
      if (said.includes("\n")) resolve(Number.parseInt(said, 10));
    });
  });
  const ca = readFileSync(join(folder, "ca.pem"));
  // The SDK always connects to port 8443, and signs the name with it.
  globalThis.WebSocket = class extends WebSocket {
    constructor(url) {
      super(url.replace(":8443/", `:${port}/`), { ca, headers: { Host: "localhost:8443" } });
      this.on("error", () => {});  // a browser's reports no error that nobody listens to
    }
  };
});

after(() => rmSync(folder, { recursive: true }));

function client(secretAccessKey = "secret/of+a+test") {
  return new TranscribeStreamingClient({
    region: "eu-west-1",
    endpoint: "https://localhost",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey },
    requestHandler: new WebSocketFetchHandler(),
    eventStreamPayloadHandlerProvider: () => eventStreamPayloadHandler,
    maxAttempts: 1,
  });
}

// A second of each word: the sample 100 times its number.
async function* audio(words) {
  for (const word of words) {
    const chunk = new Uint8Array(Int16Array.from({ length: 1600 }, () => word * 100).buffer);
    for (let i = 0; i < 10; ++i) {
      await sleep(2);
      yield { AudioEvent: { AudioChunk: chunk } };
    }
  }
}

async function transcribe(words, secret) {
  const answer = await client(secret).send(new StartStreamTranscriptionCommand({
    LanguageCode: "en-US",
    MediaEncoding: "pcm",
    MediaSampleRateHertz: 16000,
    EnablePartialResultsStabilization: true,
    PartialResultsStability: "medium",
    AudioStream: audio(words),
  }));
  const results = [];
  for await (const event of answer.TranscriptResultStream)
    results.push(...(event.TranscriptEvent?.Transcript?.Results ?? []));
  return results;
}

const text = (result) => result.Alternatives[0].Transcript;

test("the SDK's upgrade and audio are accepted, and it reads the answers", async () => {
  const results = await transcribe([1, 2, 3, 4, 0, 5]);
  const finals = results.filter((result) => !result.IsPartial);
  assert.deepEqual(finals.map(text), ["w1 w2 w3", "w4", "w5"]);
  assert.ok(results.some((result) => result.IsPartial));
  assert.equal(finals[2].StartTime, 5);
  assert.equal(finals[2].EndTime, 6);
  const [item] = finals[0].Alternatives[0].Items;
  assert.deepEqual([item.Content, item.StartTime, item.EndTime, item.Stable], ["w1", 0, 1, true]);
});

test("a signature with another secret is refused", async () => {
  await assert.rejects(transcribe([1], "another"));
});

test("an exception frame is the SDK's exception", async () => {
  await assert.rejects(transcribe([1, 2, 3, 4]), { name: "LimitExceededException", message: "too many" });
});

test("the server had nothing to complain about", async () => {
  server.stdin.end();
  await ended;
  assert.equal(said, `${port}\n`);
});

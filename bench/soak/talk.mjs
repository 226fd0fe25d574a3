// One talk of the soak: a speaker who sends a recording at real speed and sends again what the server
// says it does not have, and listeners who lose their connections and resume.

import { Socket } from "../../tests/attack/server.mjs";

const pieceSeconds = 0.1;
const bytesPerSecond = 32_000;
/** How much faster than real time a speaker is who has fallen behind, in pieces a turn. */
const mostPieces = 4;
const patienceMs = 60_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Follows one language to the talk's end and keeps what it was shown. */
export class Listener {
  /** Of each segment the newest revision that was shown as final: {seq, text}. */
  shown = new Map();
  problems = [];
  connections = 0;
  #since = 0;
  #listener;

  constructor(server, id, lang) {
    Object.assign(this, { server, id, lang });
  }

  /** @param losesItAfter finals of one connection after which it is lost; never, unless said */
  async follow(isOver, losesItAfter = Infinity) {
    const latest = Date.now() + patienceMs;
    let patience = latest;
    while (Date.now() < patience) {
      const who = this.#listener === undefined ? "" : `&listener=${this.#listener}`;
      const url = `${this.server.address.replace(/^http/, "ws")}/v1/sessions/${this.id}/captions?lang=${this.lang}&since=${this.#since}${who}`;
      const socket = await Socket.open(url).catch(() => undefined);
      this.last = socket?.ended ?? this.last;
      if (socket?.ended === undefined && socket !== undefined) {
        ++this.connections;
        await this.#hear(socket, losesItAfter);
        if (socket.ended?.code === 1000) return;
        this.last = socket.ended;
      }
      if (!isOver()) patience = Date.now() + patienceMs;
      await pause(200 + 300 * Math.random());
    }
    this.problems.push(`${this.lang}: never heard that the talk has ended; after ${this.connections} connections, last closed with ${JSON.stringify(this.last)}, since ${this.#since}`);
  }

  async #hear(socket, losesItAfter) {
    const resumedAt = this.#since;
    let finals = 0;
    for (let at = 0; ;) {
      for (; at < socket.messages.length; ++at) {
        const message = socket.messages[at];
        if (message.type === "listener") this.#listener = message.id;
        if (message.type !== "caption" || !message.final) continue;
        this.#take(message, resumedAt);
        ++finals;
      }
      if (socket.ended !== undefined) return;
      if (finals >= losesItAfter) return socket.leave();
      await pause(50);
    }
  }

  #take({ segment, seq, text }, resumedAt) {
    const known = this.shown.get(segment);
    if (seq <= resumedAt) this.problems.push(`${this.lang}: ${seq} again, after since=${resumedAt}`);
    if (known !== undefined && known.seq > seq) this.problems.push(`${this.lang}: segment ${segment} went back from ${known.seq} to ${seq}`);
    if (known !== undefined && known.seq === seq && known.text !== text)
      this.problems.push(`${this.lang}: ${seq} was used twice: "${known.text}" and "${text}"`);
    if (known === undefined || known.seq <= seq) this.shown.set(segment, { seq, text });
    this.#since = Math.max(this.#since, seq);
  }
}

/** Speaks the samples to the talk's end, over as many connections as that takes. */
export async function speak(server, { session_id: id, speaker_token: token }, samples) {
  const latest = Date.now() + 1000 * samples.length / bytesPerSecond + 2 * patienceMs;
  let connections = 0;
  while (Date.now() < latest) {
    const socket = await Socket.open(`${server.address.replace(/^http/, "ws")}/v1/sessions/${id}/audio`).catch(() => undefined);
    if (socket !== undefined && socket.ended === undefined) {
      socket.say({ type: "start", token, sample_rate: 16_000 });
      if (await send(socket, samples)) return { connections: connections + 1 };
      ++connections;
      if (socket.ended?.code === 4404) return { connections };
      socket.leave();
    }
    await pause(200 + 200 * Math.random());
  }
  return { connections, problem: "the speaker could not end the talk" };
}

// True: all was sent and the server has ended the talk.
async function send(socket, samples) {
  const started = await firstOf(socket, "started");
  if (started === undefined) return false;
  const size = Math.round(pieceSeconds * bytesPerSecond);
  let at = 2 * Math.round(started.received_seconds * bytesPerSecond / 2);
  const began = Date.now();
  const from = at;
  while (at < samples.length && socket.ended === undefined) {
    const due = from + Math.round((Date.now() - began) / 1000 * bytesPerSecond) - at;
    for (let sent = 0; sent < mostPieces && sent * size < due && at < samples.length; ++sent, at += size)
      socket.say(samples.subarray(at, at + size));
    await pause(1000 * pieceSeconds);
  }
  if (socket.ended !== undefined) return socket.ended.code === 1000;
  socket.say({ type: "end" });
  for (const until = Date.now() + 30_000; socket.ended === undefined && Date.now() < until;) await pause(50);
  return socket.ended?.code === 1000;
}

async function firstOf(socket, type) {
  for (const until = Date.now() + 30_000; Date.now() < until; await pause(20)) {
    const message = socket.messages.find((one) => one.type === type);
    if (message !== undefined || socket.ended !== undefined) return message;
  }
  return undefined;
}

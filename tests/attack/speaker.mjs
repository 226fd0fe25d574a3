// A talk, spoken by a program as by a person: recorded sentences, in the time that they take.

import { readdirSync } from "node:fs";
import { samplesOf, silence } from "../openapi/sound.mjs";

const recordings = "/usr/share/pocketsphinx/test/data/librivox";
export const rate = 16_000;

/** Five sentences, a second of silence after each. */
export function sentences() {
  const files = readdirSync(recordings).filter((name) => name.endsWith(".wav")).sort();
  return Buffer.concat(files.flatMap((name) => [samplesOf(`${recordings}/${name}`), silence(1)]));
}

export class Talk {
  id;
  token;
  /** What the server said last: {received_seconds, …}; and each time that it began, in order. */
  status;
  began = [];
  /** How far it has been spoken, in bytes; and whether it is over. */
  spoken = 0;
  over = false;
  #server;
  #socket;
  #sound;
  #startedAt;

  static async start(server) {
    const talk = new Talk();
    const { status, body, text } = await server.ask("POST", "/v1/sessions", { body: { language: "en" } });
    if (status !== 201) throw new Error(text);
    talk.#server = server;
    talk.id = body.session_id;
    talk.token = body.speaker_token;
    return talk;
  }

  /**
   * Says `sound` in the time that it takes, or `pace` times as fast, over connections that break;
   * resolves at its end.
   */
  async speak({ sound = sentences(), pace = 1 } = {}) {
    this.#sound = sound;
    this.#startedAt = performance.now();
    let sent;
    for (;;) {
      const recorded = 2 * Math.floor(Math.min(sound.length / 2, pace * rate * (performance.now() - this.#startedAt) / 1000));
      const socket = this.#socket;
      if (socket !== undefined && socket.ended === undefined) {
        sent ??= 2 * Math.round(rate * this.began.at(-1).received_seconds);
        // At most ten times as fast as it was said.
        const to = Math.min(recorded, sent + 2 * rate / 2);
        if (to > sent) socket.say(sound.subarray(sent, to));
        this.spoken = sent = Math.max(sent, to);
        if (sent === sound.length) break;
      } else {
        sent = undefined;
        await this.#connect().catch(() => {});
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.over = true;
  }

  // The server may be away.
  async #connect() {
    const socket = await this.#server.socket(`/v1/sessions/${this.id}/audio`);
    if (socket.ended !== undefined) return;
    socket.socket.on("message", (data) => {
      const message = JSON.parse(data.toString());
      if (message.type === "status") this.status = message;
    });
    socket.say({ type: "start", token: this.token, sample_rate: rate });
    this.began.push(await socket.hear("the talk begins", ({ type }) => type === "started"));
    this.#socket = socket;
  }

  async end() {
    this.#socket.say({ type: "end" });
    await this.#socket.closed();
  }
}

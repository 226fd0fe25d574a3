// A stand-in for the server that speakers talk to: what FakeServer does, and sessions that can be
// begun, heard and ended.

import { text } from "node:stream/consumers";
import { WebSocketServer } from "ws";
import { error, sendJson } from "./answers.mjs";
import { FakeServer, id, talk } from "./server.mjs";

/** Hyphens and all: what must not turn up anywhere but where it belongs. */
export const token = "a-secret-that-nobody-else-may-see";

/** Of whoever starts talks, where `start` says so. */
export const hostCode = "amber-lion-123-calm-otter-456";

export const languages = [
  { language: "en", targets: ["ca", "es"], speech: ["ca", "en", "es"] },
  { language: "es", targets: ["ca", "en"], speech: ["ca", "en", "es"] },
];

/** One page's audio socket. */
class Speaker {
  /** The control messages that came, the first "start" among them. */
  messages = [];
  /** What was heard on this socket: samples, and when they came in milliseconds. */
  pieces = [];
  /** True: what comes is lost on the way, as when a network dies. */
  deaf = false;
  /** What comes with every status. */
  extra = {};

  constructor(socket, server) {
    this.socket = socket;
    this.server = server;
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  /** A status with what was heard so far, and with `more`, which stays for those that follow. */
  status(more = {}) {
    this.extra = { ...this.extra, ...more };
    this.send({
      type: "status",
      state: this.server.sessions.get(id).state,
      received_seconds: this.server.seconds,
      dropped_seconds: 0,
      level: { rms_dbfs: -23.5, peak_dbfs: -6.1 },
      listeners: { total: 0, by_language: {} },
      partial_results: talk.partial_results,
      warnings: [],
      ...this.extra,
    });
  }

  refuse(code, answer) {
    this.send({ type: "error", ...answer });
    this.socket.close(code);
  }

  /** As when the network goes: no close frame. */
  cut() {
    this.socket.terminate();
  }

  get samples() {
    return this.pieces.reduce((sum, { samples }) => sum + samples.length, 0);
  }
}

export class SpeakServer {
  /** True: nobody can connect, whatever they ask for. */
  down = false;
  /** Answers to POST /v1/sessions in place of a session: [status, answer]. */
  refusal = undefined;
  /** Who may start a talk. */
  start = "open";
  /** Closes the next audio sockets with a code: [code, answer]. */
  turnedAway = [];
  /** Whether "started" says what the server has. */
  tellsReceived = true;
  /** Whether an "end" is answered by closing the socket. */
  finishes = true;
  /** Everything that was heard in the talk, over all its sockets. */
  heard = [];
  rate = 0;
  /** Every body and every authorization header that came with a request. */
  bodies = [];
  authorizations = [];
  #arrivals = [];
  #waiting = [];

  static async start({ port = 0 } = {}) {
    const server = new SpeakServer();
    server.base = await FakeServer.start({ port });
    server.base.sessions.clear();
    const { http } = server.base;
    const usual = { request: http.listeners("request")[0], upgrade: http.listeners("upgrade")[0] };
    http.removeAllListeners("request").removeAllListeners("upgrade");
    http.on("request", async (request, response) => {
      if (!await server.#answer(request, response)) usual.request(request, response);
    });
    server.sockets = new WebSocketServer({ noServer: true });
    http.on("upgrade", (request, socket, head) => {
      if (server.down) socket.destroy();
      else if (!/\/audio$/.test(request.url)) usual.upgrade(request, socket, head);
      else {
        server.requests.push(request.url);
        server.sockets.handleUpgrade(request, socket, head, (accepted) => server.#welcome(accepted));
      }
    });
    return server;
  }

  get address() {
    return this.base.address;
  }

  get port() {
    return this.base.http.address().port;
  }

  get requests() {
    return this.base.requests;
  }

  get sessions() {
    return this.base.sessions;
  }

  get scripts() {
    return this.base.scripts;
  }

  /** The next page that opens a captions socket. */
  listener() {
    return this.base.listener();
  }

  /** The next page that speaks, once it was told "started". */
  speaker() {
    const arrived = this.#arrivals.shift();
    if (arrived) return Promise.resolve(arrived);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** All samples that were heard, in order. */
  get samples() {
    const all = new Int16Array(this.heard.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.heard) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  get seconds() {
    return this.heard.reduce((sum, piece) => sum + piece.length, 0) / (this.rate || 1);
  }

  async stop() {
    for (const socket of this.sockets.clients) socket.terminate();
    await this.base.stop();
  }

  /** True when it was one of ours. */
  async #answer(request, response) {
    const url = new URL(request.url, this.address);
    const { pathname } = url;
    if (request.headers.authorization) this.authorizations.push(request.headers.authorization);
    const note = () => this.requests.push(pathname + url.search);
    const json = (status, value) => {
      note();
      sendJson(response, status, value);
      return true;
    };
    if (this.down && pathname.startsWith("/v1/")) {
      note();
      request.socket.destroy();
      return true;
    }
    if (pathname === "/v1/languages") return json(200, { start: this.start, languages });
    if (pathname === "/v1/sessions" && request.method === "POST") {
      const body = await text(request);
      this.bodies.push(body);
      if (this.refusal) return json(...this.refusal);
      if (this.start === "code" && request.headers.authorization !== `Bearer ${hostCode}`)
        return json(403, error("permission_denied", "this is not the host code", "code"));
      const { language } = JSON.parse(body);
      const { targets, speech } = languages.find((each) => each.language === language);
      const session = { ...talk, language, targets, speech, state: "waiting", created_at: "2026-01-01T00:00:00Z" };
      this.sessions.set(id, session);
      return json(201, { ...session, speaker_token: token });
    }
    if (pathname === `/v1/sessions/${id}` && request.method === "DELETE") {
      if (request.headers.authorization !== `Bearer ${token}`) return json(403, error("permission_denied", "no"));
      this.sessions.get(id).state = "ended";
      return json(202, {});
    }
    return false;
  }

  #welcome(socket) {
    const speaker = new Speaker(socket, this);
    socket.on("message", (data, isBinary) => {
      if (speaker.deaf || !this.sessions.has(id)) return;
      if (isBinary) this.#hear(speaker, data);
      else this.#control(speaker, JSON.parse(String(data)));
    });
  }

  #control(speaker, message) {
    speaker.messages.push({ ...message, at: speaker.samples });
    const session = this.sessions.get(id);
    if (message.type === "start") return this.#begin(speaker, message);
    if (message.type === "pause") session.state = "paused";
    if (message.type === "resume") session.state = "live";
    if (message.type === "end" && this.finishes) {
      session.state = "ended";
      speaker.socket.close(1000);
    }
  }

  #begin(speaker, message) {
    const turned = this.turnedAway.shift();
    if (turned) return speaker.refuse(...turned);
    if (message.token !== token) return speaker.refuse(4403, error("permission_denied", "no", "token"));
    this.rate = message.sample_rate;
    speaker.send({
      type: "started",
      ...(this.tellsReceived ? { received_seconds: this.seconds, dropped_seconds: 0 } : {}),
    });
    const waiting = this.#waiting.shift();
    if (waiting) waiting(speaker);
    else this.#arrivals.push(speaker);
  }

  #hear(speaker, data) {
    // A copy: the buffer may begin at an odd address.
    const samples = new Int16Array(new Uint8Array(data).buffer);
    const session = this.sessions.get(id);
    if (session.state === "paused" || session.state === "ended") return;
    session.state = "live";
    const before = Math.floor(this.seconds);
    speaker.pieces.push({ samples, at: performance.now() });
    this.heard.push(samples);
    if (Math.floor(this.seconds) > before) speaker.status();
  }
}

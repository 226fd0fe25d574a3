// A stand-in for the server: the real pages, and captions and speech that a test or a script sends.

import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { WebSocketServer } from "ws";
import { error, listenTo, sendFile, sendJson, stopListening } from "./answers.mjs";

export const id = "golden-eagle-427";

export const talk = {
  session_id: id,
  language: "en",
  targets: ["ca", "es"],
  speech: ["ca", "en", "es"],
  state: "live",
  partial_results: { enabled: true, reason: "rollout" },
};

/** Whether a session has that language on that channel. */
function offers(session, channel, lang) {
  return (channel === "speech" ? session.speech : [session.language, ...session.targets]).includes(lang);
}

/** One page's captions or speech socket. */
class Listener {
  /** The language messages that came. */
  asked = [];
  /** False leaves language messages to the test: see `language` and `refuse`. */
  answers = true;

  constructor(socket, session, channel, lang, since, id) {
    this.socket = socket;
    this.id = id;
    this.session = session;
    this.channel = channel;
    this.lang = lang;
    this.since = since;
    socket.on("message", (frame) => this.#asked(JSON.parse(String(frame))));
  }

  #asked(message) {
    this.asked.push(message);
    if (!this.answers || message.type !== "language") return;
    if (offers(this.session, this.channel, message.lang)) this.language(message.lang);
    else this.refuse(message.lang);
  }

  /** Goes on in `lang`, as a language message asked. */
  language(lang) {
    this.lang = lang;
    this.send({ type: "language", lang });
  }

  /** Says that `lang` cannot be had, and goes on as before. */
  refuse(lang) {
    this.send({ type: "error", ...error("language_not_available", `no captions in '${lang}'`, "lang") });
  }

  /** A piece of speech, in binary messages of `chunk` samples. */
  speech(segment, samples, { rate = 22050, lang = this.lang, chunk = 4096, text = "…" } = {}) {
    this.send({
      type: "speech", segment, lang, text, start: segment * 2, end: segment * 2 + 2,
      sample_rate: rate, samples: samples.length,
    });
    for (let at = 0; at < samples.length; at += chunk) {
      const part = samples.slice(at, at + chunk);
      this.socket.send(new Uint8Array(part.buffer, 0, part.byteLength));
    }
  }

  send(message) {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  status(state) {
    this.send({ type: "status", state });
  }

  /** A caption with the usual values where none are given. */
  caption(seq, segment, text, more = {}) {
    this.send({
      type: "caption", seq, segment, lang: this.lang, text, provisional: "", final: false,
      translated: true, start: segment * 2, end: segment * 2 + 2, ...more,
    });
  }

  final(seq, segment, text, more = {}) {
    this.caption(seq, segment, text, { final: true, ...more });
  }

  close(code) {
    this.socket.close(code);
  }

  /** As when the network goes: no close frame. */
  cut() {
    this.socket.terminate();
  }
}

export class FakeServer {
  sessions = new Map([[id, { ...talk }]]);
  demo = undefined;
  /** What the server says of its recogniser. */
  recogniser = undefined;
  /** Every rating that was sent. */
  ratings = [];
  /** Every address that was asked for. */
  requests = [];
  /** Path → another script in the place of one of ours. */
  scripts = new Map();
  /** True makes the server answer 503 to everything of the API. */
  down = false;
  #arrivals = { captions: [], speech: [] };
  #waiting = { captions: [], speech: [] };
  #onListener = undefined;

  static async start({ port = 0 } = {}) {
    const server = new FakeServer();
    Object.assign(server, await listenTo((request, response) => server.#answer(request, response), port));
    server.sockets = new WebSocketServer({ noServer: true });
    server.http.on("upgrade", (request, socket, head) => server.#upgrade(request, socket, head));
    return server;
  }

  /**
   * The next page that opens a captions or a speech socket, in order of arrival; it has been told the
   * state. Fails when there is none for a while.
   */
  listener(channel = "captions") {
    const arrived = this.#arrivals[channel].shift();
    if (arrived) return Promise.resolve(arrived);
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no page opened a ${channel} socket within 60 s`));
      const timer = setTimeout(late, 60_000);
      this.#waiting[channel].push({ resolve, timer });
    });
  }

  /** Instead of `listener`: called for every page that opens a socket. */
  set onListener(call) {
    this.#onListener = call;
  }

  async stop() {
    for (const { timer } of Object.values(this.#waiting).flat()) clearTimeout(timer);
    for (const socket of this.sockets.clients) socket.terminate();
    await stopListening(this.http);
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.address);
    this.requests.push(url.pathname + url.search);
    const json = (status, value) => sendJson(response, status, value);
    if (url.pathname.startsWith("/v1/") && this.down) {
      return json(503, error("overloaded", "try again", ""));
    }
    if (url.pathname === "/readyz") return json(200, { status: "ready", recogniser: this.recogniser });
    if (url.pathname === "/v1/demo") {
      return this.demo ? json(200, { session_id: this.demo }) : json(404, error("not_found", "no demo", ""));
    }
    const session = /^\/v1\/sessions\/([^/]+)$/.exec(url.pathname);
    if (session) {
      const found = this.sessions.get(decodeURIComponent(session[1]));
      return found ? json(200, found) : json(404, error("not_found", "no such session", "session_id"));
    }
    const part = /^\/v1\/sessions\/([^/]+)\/(captions\.(?:vtt|srt|jsonl)|feedback)$/.exec(url.pathname);
    if (part && this.sessions.has(part[1])) {
      if (part[2] === "feedback") {
        this.ratings.push(JSON.parse(await text(request)));
        return json(202, {});
      }
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
      return response.end(`${part[2]} in ${url.searchParams.get("lang")}\n`);
    }
    await sendFile(response, url.pathname.replace(/^\/listen\/.+/, "/listen"), this.scripts);
  }

  #upgrade(request, socket, head) {
    const url = new URL(request.url, this.address);
    this.requests.push(url.pathname + url.search);
    this.sockets.handleUpgrade(request, socket, head, (accepted) => this.#welcome(accepted, url));
  }

  #welcome(socket, url) {
    const [, , , id, channel] = url.pathname.split("/");
    const session = this.sessions.get(decodeURIComponent(id));
    const lang = url.searchParams.get("lang") ?? "";
    const refuse = (code, answer) => {
      socket.send(JSON.stringify({ type: "error", ...answer }));
      socket.close(code);
    };
    if (!session || !this.#arrivals[channel]) {
      return refuse(4404, error("not_found", "no such session", "session_id"));
    }
    if (!offers(session, channel, lang)) {
      return refuse(4400, error("language_not_available", `no ${channel} in '${lang}'`, "lang"));
    }
    const since = url.searchParams.get("since");
    const listener = new Listener(
      socket, session, channel, lang, since === null ? undefined : Number(since),
      url.searchParams.get("listener") ?? randomBytes(16).toString("hex"));
    listener.status(session.state);
    listener.send({ type: "listener", id: listener.id });
    if (this.#onListener) return this.#onListener(listener);
    const waiting = this.#waiting[channel].shift();
    if (!waiting) return this.#arrivals[channel].push(listener);
    clearTimeout(waiting.timer);
    waiting.resolve(listener);
  }
}

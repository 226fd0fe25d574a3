// A stand-in for the server: the real pages, and captions that a test or a script sends.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const bundles = process.env.SOTTO_BUNDLES ?? `${root}build/web/bundles`;

const files = new Map([
  ["/", [`${root}web/index.html`, "text/html; charset=utf-8"]],
  ["/listen", [`${root}web/listen.html`, "text/html; charset=utf-8"]],
  ["/app/icon.svg", [`${root}web/icon.svg`, "image/svg+xml"]],
  ["/app/index.js", [`${bundles}/index.js`, "text/javascript; charset=utf-8"]],
  ["/app/listen.js", [`${bundles}/listen.js`, "text/javascript; charset=utf-8"]],
  ["/app/style.css", [`${bundles}/style.css`, "text/css; charset=utf-8"]],
]);

export const id = "golden-eagle-427";

export const talk = {
  session_id: id,
  language: "en",
  targets: ["ca", "es"],
  state: "live",
  partial_results: { enabled: true, reason: "rollout" },
};

function error(code, message, field) {
  return { error: { code, message, field } };
}

/** One page's captions socket. */
class Listener {
  constructor(socket, lang, since) {
    this.socket = socket;
    this.lang = lang;
    this.since = since;
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
  /** Every address that was asked for. */
  requests = [];
  /** True makes the server answer 503 to everything of the API. */
  down = false;
  #arrivals = [];
  #waiting = [];
  #onListener = undefined;

  static async start({ port = 0 } = {}) {
    const server = new FakeServer();
    server.http = createServer((request, response) => server.#answer(request, response));
    server.sockets = new WebSocketServer({ noServer: true });
    server.http.on("upgrade", (request, socket, head) => server.#upgrade(request, socket, head));
    await new Promise((resolve) => server.http.listen(port, "127.0.0.1", resolve));
    server.address = `http://localhost:${server.http.address().port}`;
    return server;
  }

  /** The next page that opens a captions socket, in order of arrival; it has been told "live". */
  listener() {
    const arrived = this.#arrivals.shift();
    if (arrived) return Promise.resolve(arrived);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Instead of `listener`: called for every page that opens a captions socket. */
  set onListener(call) {
    this.#onListener = call;
  }

  async stop() {
    for (const socket of this.sockets.clients) socket.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.address);
    this.requests.push(url.pathname + url.search);
    const json = (status, value) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (url.pathname.startsWith("/v1/") && this.down) {
      return json(503, error("overloaded", "try again", ""));
    }
    if (url.pathname === "/v1/demo") {
      return this.demo ? json(200, { session_id: this.demo }) : json(404, error("not_found", "no demo", ""));
    }
    const session = /^\/v1\/sessions\/([^/]+)$/.exec(url.pathname);
    if (session) {
      const found = this.sessions.get(decodeURIComponent(session[1]));
      return found ? json(200, found) : json(404, error("not_found", "no such session", "session_id"));
    }
    const [file, type] = files.get(url.pathname.replace(/^\/listen\/.+/, "/listen")) ?? [];
    if (!file) return json(404, error("not_found", "no such page", ""));
    response.writeHead(200, { "content-type": type });
    response.end(await readFile(file));
  }

  #upgrade(request, socket, head) {
    const url = new URL(request.url, this.address);
    this.requests.push(url.pathname + url.search);
    this.sockets.handleUpgrade(request, socket, head, (accepted) => this.#welcome(accepted, url));
  }

  #welcome(socket, url) {
    const session = this.sessions.get(decodeURIComponent(url.pathname.split("/")[3]));
    const lang = url.searchParams.get("lang") ?? "";
    const refuse = (code, answer) => {
      socket.send(JSON.stringify({ type: "error", ...answer }));
      socket.close(code);
    };
    if (!session) return refuse(4404, error("not_found", "no such session", "session_id"));
    if (lang !== session.language && !session.targets.includes(lang)) {
      return refuse(4400, error("language_not_available", `no captions in '${lang}'`, "lang"));
    }
    const since = url.searchParams.get("since");
    const listener = new Listener(socket, lang, since === null ? undefined : Number(since));
    listener.status(session.state);
    if (this.#onListener) return this.#onListener(listener);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(listener);
    else this.#arrivals.push(listener);
  }
}

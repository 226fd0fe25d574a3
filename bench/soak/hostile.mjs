// What strangers do to a server, all the while: bounded, on this machine's loopback.

import { connect } from "node:net";
import { Socket } from "../../tests/attack/server.mjs";

const idleSockets = 100;
/** Another machine's address, as far as the server can tell. */
const from = { localAddress: "127.0.0.2" };

/** Until stop() is called; counts what was tried. */
export class Strangers {
  tried = 0;
  #server;
  #timers = [];
  #idle = new Set();

  constructor(server) {
    this.#server = server;
    this.#every(500, () => this.#holdSockets());
    this.#every(100, () => this.#ask("GET", `/v1/sessions/${guess()}`));
    this.#every(300, () => this.#ask("GET", "/v1/rollout", { headers: { Authorization: `Bearer ${guess()}-${guess()}` } }));
    this.#every(2000, () => this.#ask("POST", "/v1/sessions", { body: {} }));
    this.#every(700, () => this.#ask("POST", `/v1/sessions/${guess()}/feedback`, { body: { rating: "down", listener: guess() } }));
    this.#every(400, () => this.#sayRaw("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nTransfer-Encoding: xchunked\r\n\r\n"));
    this.#every(1500, () => this.#flood());
  }

  stop() {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#idle) socket.destroy();
  }

  #every(ms, act) {
    this.#timers.push(setInterval(() => {
      ++this.tried;
      Promise.resolve(act()).catch(() => {});
    }, ms));
  }

  #holdSockets() {
    if (this.#idle.size >= idleSockets) return;
    const socket = connect({ port: this.#server.port, host: "127.0.0.1", ...from });
    this.#idle.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#idle.delete(socket));
    if (Math.random() < 0.5) socket.write("GET / HTTP/1.1\r\nHo");
  }

  #ask(method, path, request) {
    return this.#server.ask(method, path, { ...from, ...request });
  }

  #sayRaw(bytes) {
    return this.#server.say(bytes, { ...from, seconds: 5 });
  }

  async #flood() {
    const { sessions } = (await this.#server.ask("GET", "/v1/sessions", { headers: this.#server.operator })).body;
    if (sessions.length === 0) return;
    const { session_id: id } = sessions[0];
    const socket = await Socket.open(`${this.#server.address.replace(/^http/, "ws")}/v1/sessions/${id}/captions?lang=es`, from);
    for (let i = 0; i < 200 && socket.ended === undefined; ++i) socket.say({ type: "language", lang: i % 2 ? "es" : "ca" });
    setTimeout(() => socket.leave(), 1000);
  }
}

function guess() {
  const words = ["golden", "calm", "eagle", "otter", "lunar", "river"];
  const word = () => words[Math.floor(Math.random() * words.length)];
  return `${word()}-${word()}-${100 + Math.floor(900 * Math.random())}`;
}

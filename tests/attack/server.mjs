// The real program as a server, and what reaches it from outside: requests, bytes as they are, and
// WebSockets.

import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import WebSocket from "ws";
import { Program, patience } from "../support/program.mjs";
import { until } from "../support/until.mjs";

export class Server {
  program;
  /** http://127.0.0.1:PORT */
  address;

  /** Starts it in a folder of its own, with `options` of `sotto serve`. */
  static async start(...options) {
    const one = new Server();
    one.program = new Program();
    await one.restart(...options);
    return one;
  }

  /** Starts it again on what it has kept. */
  async restart(...options) {
    this.program.start("--port", "0", "--no-demo", ...options);
    this.address = await this.program.address();
  }

  get port() {
    return Number(new URL(this.address).port);
  }

  get operator() {
    return { Authorization: `Bearer ${this.program.operatorToken}` };
  }

  /** A request and its answer: {status, headers, text, body}; `body`: as a value where it is JSON. */
  ask(method, path, { headers = {}, body, localAddress } = {}) {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${this.address}${path}`, { method, headers, agent: false, localAddress }, (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const answer = Buffer.concat(parts).toString();
          const { statusCode: status, headers: said } = response;
          resolve({ status, headers: said, text: answer, body: valueOf(answer) });
        });
      });
      request.on("error", reject);
      request.end(text);
    });
  }

  /** Sends bytes over a connection of their own; all that comes back until it is closed. */
  say(bytes, { seconds = 30, localAddress } = {}) {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.port, host: "127.0.0.1", localAddress }, () => socket.write(bytes));
      const parts = [];
      const late = setTimeout(() => socket.destroy(new Error(`not closed within ${seconds} s`)), seconds * 1000);
      socket.on("data", (part) => parts.push(part));
      socket.on("error", reject);
      socket.on("close", () => {
        clearTimeout(late);
        resolve(Buffer.concat(parts).toString("latin1"));
      });
    });
  }

  socket(path, options) {
    return Socket.open(this.address.replace(/^http/, "ws") + path, options);
  }

  remove() {
    return this.program.remove();
  }
}

function valueOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A WebSocket that keeps what it is told. */
export class Socket {
  messages = [];
  /** {code, reason} once it is closed; of a refused upgrade: {status}. */
  ended;
  socket;

  static async open(url, options = {}) {
    const one = new Socket();
    one.socket = new WebSocket(url, { perMessageDeflate: false, ...options });
    one.socket.on("message", (data, isBinary) => {
      if (!isBinary) one.messages.push(JSON.parse(data.toString()));
    });
    one.socket.on("unexpected-response", (request, { statusCode }) => {
      one.ended = { status: statusCode };
      request.destroy();
    });
    one.socket.on("error", () => {});
    one.socket.on("close", (code, reason) => { one.ended ??= { code, reason: reason.toString() }; });
    await until("the socket opens or is refused",
      () => one.ended !== undefined || one.socket.readyState === WebSocket.OPEN, patience);
    return one;
  }

  /** Sends an object as JSON; bytes and text as they are. */
  say(message) {
    const plain = typeof message === "string" || message instanceof Uint8Array;
    this.socket.send(plain ? message : JSON.stringify(message));
  }

  /** Waits for a message that fits. */
  async hear(what, fits) {
    await until(what, () => this.messages.some(fits), patience);
    return this.messages.find(fits);
  }

  /** Waits until it is closed: {code, reason}. */
  async closed() {
    await until("the socket is closed", () => this.ended !== undefined, patience);
    return this.ended;
  }

  leave() {
    this.socket.terminate();
  }
}

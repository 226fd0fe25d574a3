// A WebSocket whose messages are held to the document, in both directions.

import assert from "node:assert/strict";
import WebSocket from "ws";
import { patience } from "../support/program.mjs";
import { until } from "../support/until.mjs";

export class Socket {
  #contract;
  #id;
  #socket;
  #problem;
  #close;
  messages = [];
  /** Bytes of binary messages. */
  bytes = 0;

  static async open(contract, address, id, { path, query, token } = {}) {
    const one = new Socket();
    one.#contract = contract;
    one.#id = id;
    one.#socket = new WebSocket(address.replace(/^http/, "ws") + contract.target(id, { path, query }), {
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      perMessageDeflate: false,
    });
    one.#socket.on("upgrade", ({ statusCode, headers }) =>
      one.#guard(() => contract.answered(id, { status: statusCode, headers, body: "" })));
    one.#socket.on("message", (data, isBinary) => one.#guard(() => one.#take(data, isBinary)));
    one.#socket.on("error", (error) => { one.#problem ??= error; });
    one.#socket.on("close", (code, reason) => {
      one.#close = { code, reason: reason.toString() };
      one.#guard(() => contract.closed(id, code));
    });
    await one.until("the socket opens", () => one.#socket.readyState !== WebSocket.CONNECTING);
    return one;
  }

  #guard(check) {
    try {
      check();
    } catch (error) {
      this.#problem ??= error;
    }
  }

  #take(data, isBinary) {
    if (isBinary) {
      this.#contract.saidInBinary(this.#id, "server");
      this.bytes += data.length;
      return;
    }
    const message = JSON.parse(data.toString());
    this.messages.push(message);
    this.#contract.said(this.#id, "server", message);
  }

  /** Sends a message of those that are documented. */
  say(message) {
    this.#contract.said(this.#id, "client", message);
    this.#socket.send(JSON.stringify(message));
  }

  /** Sends what is not documented: text, or an object. */
  sayWrongly(message) {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    if (typeof message === "object")
      assert.ok(this.#contract.complaintAboutMessage(this.#id, message), `${text} is documented`);
    this.#socket.send(text);
  }

  /** Sends bytes; audio, where it is samples. */
  sayBytes(bytes) {
    this.#contract.saidInBinary(this.#id, "client");
    this.#socket.send(bytes);
  }

  /** Sends bytes to a socket that takes none. */
  sayBytesWrongly(bytes) {
    this.#socket.send(bytes);
  }

  /** Sends a message with a byte more than is taken; the last one alone, when all others were read. */
  sayTooMuch() {
    const most = this.#contract.operation(this.#id).websocket.value.client_max_bytes;
    this.#socket.send(Buffer.alloc(most), { fin: false });
    this.#socket.send(Buffer.alloc(1), { fin: true });
  }

  of(type) {
    return this.messages.filter((message) => message.type === type);
  }

  async until(what, condition) {
    await until(`${this.#id}: ${what}`, () => {
      if (this.#problem) throw this.#problem;
      return condition();
    }, patience);
  }

  /** Waits for a message that fits. */
  async hear(what, fits) {
    await this.until(what, () => this.messages.some(fits));
    return this.messages.find(fits);
  }

  /** Waits until the server closes it, with that code. */
  async closes(code) {
    await this.until(`it closes with ${code}`, () => this.#close !== undefined);
    assert.equal(this.#close.code, code, `${this.#id}: ${this.#close.reason}`);
  }

  /** Waits for an error about that field, then until the server closes it with that code. */
  async refuses(code, field) {
    await this.closes(code);
    const { error } = this.messages.at(-1);
    assert.equal(error?.field, field, JSON.stringify(this.messages.at(-1)));
  }

  leave() {
    this.#socket.terminate();
  }
}

// As much of the WebSocket protocol (RFC 6455) as a listener needs, for Node before 22, which has no
// WebSocket of its own: text messages from the server, pings, and the close. It has the members of
// the browser's WebSocket that listener.mjs uses.

import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/**
 * How long the server may take to open, and be silent later, in milliseconds. It pings whoever has
 * said nothing for 12 s.
 */
const patience = 45_000;
/** A longer message is not one of captions. In bytes. */
const longestMessage = 1 << 20;

const opcodes = { continuation: 0x0, text: 0x1, close: 0x8, ping: 0x9, pong: 0xa };

export class NodeSocket {
  onmessage = () => {};
  onclose = () => {};
  #socket;
  #received = Buffer.alloc(0);
  #message = Buffer.alloc(0);
  #code = 1006;
  #closed = false;

  constructor(address) {
    const url = new URL(address.replace(/^ws/, "http"));
    const key = randomBytes(16).toString("base64");
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      headers: {
        Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
      },
      timeout: patience,
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => this.#end());
    request.on("response", (response) => {
      response.destroy();
      this.#end();
    });
    request.on("upgrade", (response, socket, head) => {
      this.#socket = socket;
      socket.on("error", () => {});
      socket.on("close", () => this.#end());
      if (this.#closed || response.headers["sec-websocket-accept"] !== accept) return socket.destroy();
      socket.setTimeout(patience, () => socket.destroy());
      socket.on("data", (data) => this.#read(data));
      this.#read(head);
    });
    request.end();
  }

  close() {
    this.#closed = true;
    if (this.#socket !== undefined) this.#goodbye(1000);
  }

  #end() {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose({ code: this.#code });
  }

  #goodbye(code) {
    this.#send(opcodes.close, Buffer.from([code >> 8, code & 0xff]));
    this.#socket.end();
  }

  /** Frames to a server are masked. */
  #send(opcode, payload) {
    const mask = randomBytes(4);
    const masked = payload.map((byte, i) => byte ^ mask[i % 4]);
    this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, masked]));
  }

  #read(data) {
    this.#received = Buffer.concat([this.#received, data]);
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) this.#handle(frame);
  }

  /** The next frame that is here as a whole; undefined while there is none. */
  #frame() {
    const bytes = this.#received;
    if (bytes.length < 2) return undefined;
    const short = bytes[1] & 0x7f;
    const header = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length < header) return undefined;
    const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
    if (length > longestMessage) return void this.#socket.destroy();
    if (bytes.length < header + length) return undefined;
    this.#received = bytes.subarray(header + length);
    return { last: (bytes[0] & 0x80) !== 0, opcode: bytes[0] & 0x0f, payload: bytes.subarray(header, header + length) };
  }

  #handle({ last, opcode, payload }) {
    if (opcode === opcodes.ping) this.#send(opcodes.pong, payload);
    if (opcode === opcodes.close) {
      this.#code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#goodbye(this.#code === 1005 ? 1000 : this.#code);
    }
    if (opcode !== opcodes.text && opcode !== opcodes.continuation) return;
    this.#message = Buffer.concat([this.#message, payload]);
    if (this.#message.length > longestMessage) return void this.#socket.destroy();
    if (!last || this.#closed) return;
    const text = this.#message.toString("utf8");
    this.#message = Buffer.alloc(0);
    this.onmessage({ data: text });
  }
}

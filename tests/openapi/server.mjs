// The real program as a server, and requests to it that are held to its document.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { Program } from "../support/program.mjs";
import { exchange } from "./exchange.mjs";
import { Socket } from "./socket.mjs";

export class Server {
  #program;
  #contract;
  address;
  operatorToken;

  /** Starts it in a folder of its own; what it answers is held to the contract. */
  static async start(contract, home, ...options) {
    mkdirSync(home, { recursive: true });
    const one = new Server();
    one.#contract = contract;
    one.#program = new Program({ home });
    one.#program.start("--port", "0", ...options);
    one.address = await one.#program.address();
    one.operatorToken = one.#program.operatorToken;
    return one;
  }

  stop(signal) {
    return this.#program.stop(signal);
  }

  /** Makes a request, whatever the document says. */
  async exchange(request) {
    try {
      return await exchange(this.address, request);
    } catch (error) {
      throw this.#program.running ? error : new Error(this.#program.howItEnded(), { cause: error });
    }
  }

  /**
   * Makes a request and holds its answer to the document. A request that succeeds must be one that
   * the document allows; one that is refused with 400 must not, unless it is `sound` and only the
   * server can know better. Returns the answer's status, headers and body as a value.
   */
  async ask(id, { path, query, body, token, headers = {}, sound = false } = {}) {
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    const answer = await this.exchange({
      method: this.#contract.operation(id).method,
      target: this.#contract.target(id, { path, query }),
      headers: { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: text,
    });
    const value = this.#contract.answered(id, answer);
    const complaint = this.#contract.complaintAbout(id, { path, query, body: text });
    if (answer.status < 400) assert.equal(complaint, undefined, `${id} took what is not documented: ${text}`);
    if (answer.status === 400 && !sound)
      assert.ok(complaint, `${id} refused what is documented: ${text}: ${answer.body}`);
    return { status: answer.status, headers: answer.headers, body: value };
  }

  /** As ask(), with the operator's token. */
  manage(id, options = {}) {
    return this.ask(id, { token: this.operatorToken, ...options });
  }

  /** Asks, and takes the body of an answer with that status. */
  async expect(status, id, options) {
    const answer = await this.ask(id, options);
    assert.equal(answer.status, status, `${id}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** As expect(), with the operator's token. */
  managed(status, id, options = {}) {
    return this.expect(status, id, { token: this.operatorToken, ...options });
  }

  /** Begins a session, whichever client limits there are. */
  begin(options = {}) {
    return this.managed(201, "beginSession", options);
  }

  open(id, options) {
    return Socket.open(this.#contract, this.address, id, options);
  }
}

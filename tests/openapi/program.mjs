// The real program as a server, and requests to it that are held to its document.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { until } from "../browser/browser.mjs";
import { exchange } from "./exchange.mjs";
import { Socket } from "./socket.mjs";

const program = process.env.SOTTO_BINARY;

export const patience = { seconds: 120 };

/** None of Sotto's variables: the caller's own flag is neither read nor written. */
function callersEnvironment() {
  const kept = /^(PATH|TMPDIR|LD_LIBRARY_PATH|\w+SAN_OPTIONS)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));
}

export class Program {
  #process;
  #exited;
  #output = [];
  #contract;
  address;
  operatorToken;

  /** Starts it in a folder of its own; what it answers is held to the contract. */
  static async start(contract, home, ...options) {
    assert.ok(program, "SOTTO_BINARY names the program");
    const one = new Program();
    one.#contract = contract;
    const data = join(home, "data");
    one.#process = spawn(program, ["serve", "--port", "0", "--data", data, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...callersEnvironment(), HOME: home, XDG_STATE_HOME: join(home, "state") },
    });
    one.#exited = new Promise((resolve) => {
      one.#process.on("error", resolve);
      one.#process.on("exit", resolve);
    });
    for (const stream of [one.#process.stdout, one.#process.stderr]) {
      createInterface({ input: stream }).on("line", (line) => one.#output.push(line));
    }
    one.address = `http://127.0.0.1:${await one.#announcedPort()}`;
    one.operatorToken = readFileSync(join(data, "operator-token"), "utf8").trim();
    return one;
  }

  get #running() {
    return this.#process.pid && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async #announcedPort() {
    let port;
    await until('the line "listening on"', () => {
      assert.ok(this.#running, this.#howItEnded());
      port = this.#output.map((line) => line.match(/^listening on http:\/\/localhost:(\d+)\b/)?.[1]).find(Boolean);
      return port !== undefined;
    }, patience);
    return port;
  }

  async stop(signal = "SIGTERM") {
    if (this.#running) this.#process.kill(signal);
    await this.#exited;
  }

  /** Makes a request, whatever the document says. */
  async exchange(request) {
    try {
      return await exchange(this.address, request);
    } catch (error) {
      throw this.#running ? error : new Error(this.#howItEnded(), { cause: error });
    }
  }

  #howItEnded() {
    const { exitCode, signalCode } = this.#process;
    return `the server is not there (${signalCode ?? exitCode}):\n${this.#output.slice(-20).join("\n")}`;
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

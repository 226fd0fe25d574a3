// The real program, `sotto serve`, in a folder of its own that is thrown away.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { until } from "./until.mjs";

/** A cold start loads a recogniser and two translators; a busy machine does it slowly. */
export const patience = { seconds: 120 };

/** Where the models of this machine are; the program's home is another one. */
const models = process.env.SOTTO_MODELS
  ?? join(process.env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "sotto", "models");

/** None of Sotto's variables: the caller's own flag is neither read nor written. */
function callersEnvironment() {
  const kept = /^(PATH|TMPDIR|LD_LIBRARY_PATH|\w+SAN_OPTIONS)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));
}

export class Program {
  /** Lines. */
  output = [];
  /** {code, signal} once it has ended, or why it could not be started. */
  exited;
  #home;
  #keeps;
  #environment;
  #process;

  /**
   * @param options `home`: a folder that is there already, and stays; `models`: whether it recognises
   *   with this machine's models, where there are any; `environment`: more variables
   */
  constructor({ home, models: withModels = false, environment = {} } = {}) {
    this.#keeps = home !== undefined;
    this.#home = home ?? mkdtempSync(join(tmpdir(), "sotto-program-"));
    this.#environment = {
      ...callersEnvironment(), HOME: this.#home, XDG_STATE_HOME: join(this.#home, "state"),
      ...(withModels ? { SOTTO_MODELS: models } : {}),
      ...environment,
    };
  }

  /** Starts it; again after it has stopped: then with what it had kept. */
  start(...args) {
    this.output = [];
    const child = spawn(program(), ["serve", ...this.#data, ...args], {
      stdio: ["ignore", "pipe", "pipe"], env: this.#environment,
    });
    this.#process = child;
    this.exited = new Promise((resolve) => {
      child.on("error", resolve);
      child.on("exit", (code, signal) => resolve({ code, signal }));
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.output.push(line));
    }
  }

  /** What `sotto …` says about what the server keeps. */
  async run(...args) {
    const { stdout } = await promisify(execFile)(program(), [...args, ...this.#data], { env: this.#environment });
    return stdout;
  }

  get data() {
    return join(this.#home, "data");
  }

  get #data() {
    return ["--data", this.data];
  }

  get operatorToken() {
    return readFileSync(join(this.data, "operator-token"), "utf8").trim();
  }

  get pid() {
    return this.#process?.pid;
  }

  get running() {
    const { pid, exitCode, signalCode } = this.#process ?? {};
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  howItEnded() {
    const { exitCode, signalCode } = this.#process;
    return `the server is not there (${signalCode ?? exitCode}):\n${this.output.slice(-20).join("\n")}`;
  }

  /** The first address on a line of output that has those words. */
  async announced(words) {
    let address;
    await until(`the line "${words}"`, () => {
      assert.ok(this.running, this.howItEnded());
      address = this.output.find((line) => line.includes(words))?.match(/https?:\/\/[^\s"]+/)?.[0];
      return address !== undefined;
    }, patience);
    return address;
  }

  /** Where it listens. 127.0.0.1: Node 18 may take `localhost` for ::1 and not try another. */
  async address() {
    return `http://127.0.0.1:${new URL(await this.announced("listening on")).port}`;
  }

  kill(signal) {
    if (this.running) this.#process.kill(signal);
  }

  /** Ends it and waits for that. */
  async stop(signal = "SIGTERM") {
    this.kill(signal);
    await this.exited;
  }

  /** Ends it, however it feels, and throws its own folder away. */
  async remove() {
    await this.stop("SIGKILL");
    if (!this.#keeps) rmSync(this.#home, { recursive: true, force: true });
  }
}

function program() {
  assert.ok(process.env.SOTTO_BINARY, "SOTTO_BINARY names the program");
  return process.env.SOTTO_BINARY;
}

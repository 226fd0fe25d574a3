// The real program, `sotto serve`, in a folder of its own that is thrown away.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { until } from "./browser.mjs";

/** A cold start loads a recogniser and two translators; a busy machine does it slowly. */
export const patience = { seconds: 120 };

/** Where the models of this machine are; the program's home is another one. */
const models = process.env.SOTTO_MODELS
  ?? join(process.env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "sotto", "models");

export class Program {
  output = [];
  #home = mkdtempSync(join(tmpdir(), "sotto-program-"));
  #process;

  /** Starts it; again after it has stopped: then with what it had kept. */
  start(...args) {
    const program = process.env.SOTTO_BINARY;
    assert.ok(program, "SOTTO_BINARY names the program");
    this.output = [];
    const child = spawn(program, ["serve", "--data", this.data, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, HOME: this.#home, XDG_STATE_HOME: join(this.#home, "state"),
        SOTTO_MODELS: models },
    });
    this.#process = child;
    this.exited = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code, signal) => resolve({ code, signal }));
    });
    this.exited.catch(() => {});
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.output.push(line));
    }
  }

  get data() {
    return join(this.#home, "data");
  }

  get operatorToken() {
    return readFileSync(join(this.data, "operator-token"), "utf8").trim();
  }

  /** The first address on a line of output that has those words. */
  async announced(words) {
    let address;
    await until(`the line "${words}"`, () => {
      assert.ok(this.#process.exitCode === null, `the server stopped:\n${this.output.join("\n")}`);
      address = this.output.find((line) => line.includes(words))?.match(/https?:\/\/[^\s"]+/)?.[0];
      return address !== undefined;
    }, patience);
    return address;
  }

  kill(signal) {
    this.#process.kill(signal);
  }

  /** Ends it, however it feels, and throws its folder away. */
  remove() {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGKILL");
    }
    rmSync(this.#home, { recursive: true, force: true });
  }
}

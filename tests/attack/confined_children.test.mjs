// What the processes that a server has its engines in may do, by /proc, while they work.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Program, patience } from "../support/program.mjs";
import { until } from "../support/until.mjs";
import { Socket } from "./server.mjs";

const secrets = {
  SOTTO_OPERATOR_TOKEN: "a-token-of-operators-0123456789",
  AWS_ACCESS_KEY_ID: "not-a-key",
  AWS_SECRET_ACCESS_KEY: "not-a-secret",
};
const gigabyte = 2 ** 30;
// By the program: the address space and the file, in bytes, that each may have.
const bounds = {
  "sh": { memory: gigabyte, file: 0 },
  "lt-proc": { memory: gigabyte, file: 0 },
  "apertium-transf": { memory: gigabyte, file: 0 },
  "espeak-ng": { memory: gigabyte / 2, file: gigabyte / 8 },
};

/** /proc/PID/NAME; empty where the process has ended. */
function about(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

function field(pid, name) {
  return about(pid, "status").match(new RegExp(`^${name}:\\s+(\\S+)`, "m"))?.[1];
}

function hardLimit(pid, name) {
  return about(pid, "limits").match(new RegExp(`^${name} +\\S+ +(\\S+)`, "m"))?.[1];
}

function descendants(pid) {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && field(name, "PPid") === String(pid))
    .flatMap((child) => [child, ...descendants(child)]);
}

const skip = field("self", "Seccomp") === undefined && "this kernel has no seccomp";
const program = new Program({ environment: secrets });
const sockets = [];

/** The engines' processes, by name; one that has not become its program yet is still the server. */
function engines() {
  return descendants(program.pid).map((pid) => ({ pid, name: field(pid, "Name") }))
    .filter(({ name }) => name !== undefined && name !== "sotto");
}

/** Looks at a running process of each kind that the server has, several times. */
async function look(what, at) {
  for (const name of Object.keys(bounds)) {
    await until(`${what} of ${name}`, () => {
      const one = engines().find((engine) => engine.name === name);
      const seen = one && at(one);
      // It may have ended while it was looked at.
      if (seen === undefined || field(one.pid, "Name") !== name) return false;
      seen();
      return true;
    }, patience);
  }
}

before(async () => {
  program.start("--port", "0");
  const demo = new URL(await program.announced("demo session"));
  const id = demo.pathname.split("/").pop();
  for (const kind of ["captions", "speech"])
    sockets.push(await Socket.open(`ws://127.0.0.1:${demo.port}/v1/sessions/${id}/${kind}?lang=es`));
});

after(async () => {
  for (const socket of sockets) socket.leave();
  await program.remove();
});

test("they gain no rights, and a filter looks at their system calls", { skip }, async () => {
  await look("the rights", ({ pid, name }) => {
    const rights = ["NoNewPrivs", "Seccomp", "CapPrm", "CapEff"].map((what) => field(pid, what));
    if (rights.includes(undefined)) return undefined;
    return () => {
      assert.deepEqual(rights.slice(0, 2), ["1", "2"], name);
      // CAP_DAC_READ_SEARCH, where the server is root's
      for (const held of rights.slice(2)) assert.equal(BigInt(`0x${held}`) & ~4n, 0n, name);
    };
  });
});

test("they have limits", { skip }, async () => {
  await look("the limits", ({ pid, name }) => {
    const limits = ["Max core file size", "Max open files", "Max file size", "Max address space"]
      .map((what) => hardLimit(pid, what));
    if (limits.includes(undefined)) return undefined;
    const { memory, file } = bounds[name];
    return () => assert.deepEqual(limits.map(Number), [0, 256, file, memory], name);
  });
});

test("they know no secret", { skip }, async () => {
  await look("the variables", ({ pid, name }) => {
    const variables = about(pid, "environ").split("\0").filter((line) => line !== "");
    if (variables.length === 0) return undefined;
    return () => {
      for (const variable of variables)
        assert.match(variable, /^(PATH|LC_ALL|PWD|PULSE_SERVER|PULSE_CLIENTCONFIG)=/, name);
      assert.ok(!Object.values(secrets).some((secret) => variables.join().includes(secret)), name);
    };
  });
});

test("neither they nor the server leave a core dump", async () => {
  assert.equal(hardLimit(program.pid, "Max core file size"), "0");
});

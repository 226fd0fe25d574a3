// Two servers on one data folder: the second leaves at once and says who has it.

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { Program } from "../support/program.mjs";
import { Server } from "./server.mjs";

let server;
let second;

before(async () => { server = await Server.start(); });
after(async () => {
  await second?.remove();
  await server?.remove();
});

async function startsBeside(...options) {
  second = new Program({ home: dirname(server.program.data) });
  second.start("--port", "0", "--no-demo", ...options);
  const { code } = await second.exited;
  return { code, said: second.output.join("\n") };
}

test("a second server on the folder ends with who has it, since when and where", async () => {
  const { code, said } = await startsBeside();
  assert.equal(code, 1, said);
  assert.match(said, /another server has the data folder .*: pid \d+ on \S+ since 20\d\d-\S+Z at http:\/\/localhost:\d+; stop that one, or name another folder with --data FOLDER/);
  assert.ok(said.includes(`localhost:${server.port};`), said);
});

test("so does one whose sessions are kept elsewhere", async () => {
  const { code, said } = await startsBeside("--sessions", "dynamodb:sessions");
  assert.equal(code, 1, said);
  assert.match(said, /another server has the data folder/);
});

test("the first one goes on, and commands work beside it", async () => {
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
  const status = JSON.parse(await server.program.run("rollout", "--status", "--json"));
  assert.equal(typeof status.rollout_percentage, "number");
});

test("what a killed server leaves holds up nobody", async () => {
  await server.program.stop("SIGKILL");
  await server.restart();
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
});

// What a broken disk makes of the databases: the server starts all the same, says so, and keeps
// what it can.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "../support/until.mjs";
import { Server } from "./server.mjs";

let server;
let sessions;

before(async () => {
  server = await Server.start();
  sessions = join(server.program.data, "sessions.db");
});
after(async () => server?.remove());

function setAside(name) {
  return readdirSync(server.program.data)
    .filter((file) => file.startsWith(`${name}.damaged-`) && !/-(wal|shm)$/.test(file));
}

async function restartAfter(damage) {
  await server.program.stop("SIGTERM");
  damage();
  await server.restart();
}

async function works() {
  assert.equal((await server.ask("GET", "/readyz")).status, 200);
  const begun = await server.ask("POST", "/v1/sessions", { headers: server.operator });
  assert.equal(begun.status, 201, begun.text);
  await server.ask("DELETE", `/v1/sessions/${begun.body.session_id}`,
    { headers: { Authorization: `Bearer ${begun.body.speaker_token}` } });
}

function said(words) {
  return server.program.output.some((line) => line.includes(words));
}

const damages = {
  garbage: () => writeFileSync(sessions, "z".repeat(8192)),
  "a file of another program": () => writeFileSync(sessions, "hello"),
  "a folder in its place": () => { rmSync(sessions); mkdirSync(sessions); },
  "a file that was cut off": () => truncateSync(sessions, 4096 * 2),
};

for (const [name, damage] of Object.entries(damages)) {
  test(`${name} is set aside, and a new one begun`, async () => {
    const earlier = setAside("sessions.db").length;
    await works();
    await restartAfter(() => {
      for (const suffix of ["-wal", "-shm"]) rmSync(sessions + suffix, { force: true });
      damage();
    });
    assert.equal(setAside("sessions.db").length, earlier + 1);
    assert.ok(said("a damaged database is set aside"), server.program.output.join("\n"));
    assert.match(setAside("sessions.db").at(-1), /^sessions\.db\.damaged-\d{8}-\d{6}/);
    await works();
  });
}

test("an empty file and a log that was cut off are a new store, and no damage", async () => {
  const earlier = setAside("sessions.db").length;
  await server.program.stop("SIGTERM");
  writeFileSync(sessions, "");
  for (const suffix of ["-wal", "-shm"]) rmSync(sessions + suffix, { force: true });
  await server.restart();
  assert.equal(setAside("sessions.db").length, earlier);
  await works();
});

test("damaged metrics and a damaged rollout are set aside too, and the flag stays", async () => {
  const shown = async () => {
    const { processes, ...flag } = JSON.parse(await server.program.run("rollout", "--status", "--json"));
    return flag;
  };
  await server.program.run("rollout", "--percentage", "10", "--reason", "a test");
  const flag = await shown();
  await restartAfter(() => {
    for (const name of ["metrics.db", "rollout.db"]) {
      for (const suffix of ["-wal", "-shm"]) rmSync(join(server.program.data, name + suffix), { force: true });
      writeFileSync(join(server.program.data, name), "z".repeat(4096));
    }
  });
  assert.equal(setAside("metrics.db").length, 1);
  assert.equal(setAside("rollout.db").length, 1);
  assert.ok(said("start the plan again"));
  assert.deepEqual(await shown(), flag);
  await works();
});

test("a damaged flag store is left as it is: the last good flag applies", async () => {
  const flags = join(server.program.data, "flags.db");
  await restartAfter(() => writeFileSync(flags, "z".repeat(4096)));
  assert.equal(readFileSync(flags, "utf8"), "z".repeat(4096));
  await works();
  const metrics = await server.ask("GET", "/metrics");
  assert.match(metrics.text, /sotto_rollout_percentage\{[^}]*\} 10\n/);
});

test("readiness is whether sessions can be stored", async () => {
  const ready = async () => (await server.ask("GET", "/readyz")).status;
  assert.equal(await ready(), 200);
  rmSync(sessions);
  mkdirSync(sessions);
  await until("it is not ready", async () => (await ready()) === 503);
  const stranger = await server.ask("GET", "/readyz");
  assert.ok(!stranger.text.includes(server.program.data), stranger.text);
  const known = await server.ask("GET", "/readyz", { headers: server.operator });
  assert.ok(known.text.includes("sessions.db"), known.text);
  rmSync(sessions, { recursive: true });
  await until("it is ready again", async () => (await ready()) === 200);
});

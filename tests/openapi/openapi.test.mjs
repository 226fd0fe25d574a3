// The real program against its own OpenAPI document: every operation is asked, and every answer and
// WebSocket message is held to it. What is documented and was never seen makes the last test fail.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { patience } from "../support/program.mjs";
import { until } from "../support/until.mjs";
import { Contract } from "./contract.mjs";
import { Server } from "./server.mjs";
import { inPieces, samplesOf, silence, tone } from "./sound.mjs";

const document = readFileSync(new URL("../../web/openapi.json", import.meta.url), "utf8");
const recordings = "/usr/share/pocketsphinx/test/data/librivox";
const recording = join(recordings, "sense_and_sensibility_01_austen_64kb-0880.wav");

/** Documented, but not to be had from a program that is well and whose tests may be run by root. */
const notProvoked = new Map([
  ["undoRollout 429", "a history that was written by hand"],
]);

let home;
let server;
let contract;

before(async () => {
  home = mkdtempSync(join(tmpdir(), "sotto-openapi-"));
  contract = new Contract(JSON.parse(document));
  server = await Server.start(contract, join(home, "main"), "--no-demo");
});

after(async () => {
  await server?.stop("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

/** Some session's id, in the form that ids have. */
const somebody = { path: { session_id: "golden-eagle-427" } };

/** Values for what an operation's path has in it. */
function somePath(id) {
  const values = { session_id: "golden-eagle-427", key: "partial-results", record: "1" };
  const names = [...contract.operation(id).path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

test("the server has the document, for those too who have it already", async () => {
  const { body } = await server.exchange({ method: "GET", target: "/v1/openapi.json" });
  assert.ok(body.toString() === document, `it is web/openapi.json, not ${body.toString().slice(0, 200)}`);
  const { status, headers } = await server.ask("showInterface");
  assert.equal(status, 200);
  await server.expect(200, "checkInterface");
  await server.expect(304, "showInterface", { headers: { "If-None-Match": headers.etag } });
  await server.expect(304, "checkInterface", { headers: { "If-None-Match": headers.etag } });
});

test("the document is valid OpenAPI 3.1, and so are its schemas and examples", async () => {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(document));
  assert.deepEqual(result, { valid: true });
  assert.equal(validator.version, "3.1");
  assert.ok(contract.checkSchemas() > 20);
});

test("what HTTP does not allow is refused everywhere", async () => {
  for (const { id, method, requestBody, responses } of contract.operations.values()) {
    if (!responses.has(431)) continue;
    const target = contract.target(id, { path: somePath(id) });
    const send = async (request, status) => {
      const answer = await server.exchange({ method, target, ...request });
      assert.equal(answer.status, status, id);
      contract.answered(id, answer);
    };
    await send({ target: `${target}?%zz` }, 400);
    await send({ headers: { "X-Much": "x".repeat(8192) } }, 431);
    if (requestBody) await send({ announced: 65_537 }, 413);
  }
});

test("another method is answered with those that there are", async () => {
  for (const { id, path, responses, websocket } of contract.operations.values()) {
    if (websocket || id === "checkInterface") continue;
    assert.ok(responses.has(405), id);
    const answer = await server.exchange({
      method: "OPTIONS", target: contract.target(id, { path: somePath(id) }),
      headers: { Authorization: `Bearer ${server.operatorToken}` },
    });
    assert.equal(answer.status, 405, id);
    contract.answered(id, answer);
    const documented = [...contract.operations.values()].filter((one) => one.path === path).map((one) => one.method);
    const taken = new Set(documented.includes("GET") ? [...documented, "HEAD"] : documented);
    assert.deepEqual(answer.headers.allow.split(", ").sort(), [...taken].sort(), path);
  }
});

test("without the operator's token there is nothing for operators", async () => {
  for (const { id, responses, requestBody } of contract.operations.values()) {
    if (!responses.has(403) || ["beginSession", "endSession", "rateSession"].includes(id)) continue;
    const options = { path: somePath(id), body: requestBody && {} };
    await server.expect(403, id, options);
    await server.expect(403, id, { ...options, token: "some-other-token" });
  }
});

test("whose token it is", async () => {
  assert.deepEqual(await server.managed(200, "showOperator"), { name: "operator", role: "operator", expires_at: null });
  await server.managed(400, "disableRollout", { body: { by: "ana" } });
});

test("a session from its beginning to its end", async () => {
  const begun = await server.expect(201, "beginSession");
  assert.equal(begun.state, "waiting");
  const session = { path: { session_id: begun.session_id } };
  const { speaker_token, ...shown } = begun;
  assert.deepEqual(await server.expect(200, "showSession", session), shown);
  const { sessions } = await server.managed(200, "listSessions");
  assert.deepEqual(sessions.map(({ session_id }) => session_id), [begun.session_id]);

  await server.expect(403, "endSession", session);
  await server.expect(403, "endSession", { ...session, token: "some-other-token" });
  await server.expect(202, "endSession", { ...session, token: speaker_token });
  await until("the session ends", async () =>
    (await server.expect(200, "showSession", session)).state === "ended", patience);
  await server.expect(202, "endSession", { ...session, token: speaker_token });
  await server.managed(202, "endSession", session);

  await server.expect(404, "showSession", somebody);
  await server.expect(404, "endSession", { ...somebody, token: speaker_token });
});

test("a session as it is asked for", async () => {
  for (const body of ["{", "[]", { language: 7 }, { language: "x".repeat(36) }])
    await server.expect(400, "beginSession", { body });
  await server.managed(400, "beginSession", { body: { session_id: "not an id" } });
  await server.managed(400, "beginSession", { body: { session_id: 7 } });
  await server.expect(403, "beginSession", { body: { session_id: "golden-eagle-427" } });
  await server.expect(404, "beginSession", { body: { language: "tlh" } });

  const wanted = { body: { language: "en", session_id: "chosen-one-1", more: "is ignored" } };
  const first = await server.begin(wanted);
  assert.equal(first.session_id, "chosen-one-1");
  await server.managed(409, "beginSession", wanted);
  await server.expect(202, "endSession", { path: { session_id: first.session_id }, token: first.speaker_token });
  await until("the session ends", async () =>
    (await server.expect(200, "showSession", { path: { session_id: first.session_id } })).state === "ended", patience);
  const second = await server.begin(wanted);
  await server.expect(202, "endSession", { path: { session_id: second.session_id }, token: second.speaker_token });
});

test("what can be spoken, and no demo talk", async () => {
  const { languages, start } = await server.expect(200, "listLanguages");
  assert.equal(start, "open");
  assert.deepEqual(languages.map(({ language }) => language), ["en"]);
  await server.expect(404, "showDemo");
});

/** Whether a session that goes on has captions whose latency counts. */
async function hasLatency(id) {
  const { sessions } = await server.managed(200, "listSessions");
  return typeof sessions.find(({ session_id }) => session_id === id)?.latency_ms.p95 === "number";
}

/** The talk of the tests that follow, and one of its listeners. */
let talk;
let listenerId;

test("a talk goes over its three sockets", async () => {
  talk = await server.begin();
  const path = { session_id: talk.session_id };
  const readers = [
    await server.open("followCaptions", { path, query: { lang: "en" } }),
    await server.open("followCaptions", { path, query: { lang: "es", since: "0" } }),
  ];
  const hearer = await server.open("followSpeech", { path, query: { lang: "es" } });
  for (const listener of [...readers, hearer])
    await listener.hear("the state", ({ type, state }) => type === "status" && state === "waiting");
  ({ id: listenerId } = await readers[1].hear("who it is", ({ type }) => type === "listener"));
  const again = await server.open("followSpeech", { path, query: { lang: "es", listener: listenerId } });
  assert.equal((await again.hear("who it is", ({ type }) => type === "listener")).id, listenerId);
  again.leave();

  const speaker = await server.open("speak", { path });
  speaker.say({ type: "start", token: talk.speaker_token, sample_rate: 16_000 });
  await speaker.hear("it is started", ({ type }) => type === "started");
  const talkAloud = () => {
    for (const piece of inPieces(samplesOf(recording), 16_000)) speaker.sayBytes(piece);
    for (const piece of inPieces(silence(3), 16_000)) speaker.sayBytes(piece);
  };
  talkAloud();
  await speaker.hear("the talk is live", ({ state }) => state === "live");
  await speaker.hear("who listens", ({ listeners }) => listeners?.by_language.es === 1);
  for (const reader of readers)
    await reader.hear("a final caption", ({ type, final, text }) => type === "caption" && final && text);
  // On a machine that is busy with other things a voice may come too late, and is left out; and what
  // has come all at once was captured before anybody read, and has no latency.
  const samples = () => hearer.of("speech").reduce((sum, piece) => sum + piece.samples, 0);
  for (let pieces = 1; samples() === 0 || !(await hasLatency(talk.session_id)); ++pieces) {
    assert.ok(pieces < 10, "nothing could be synthesised, or no caption had a latency");
    if (pieces > 1) talkAloud();
    await hearer.until("a piece", () => hearer.of("speech").length >= pieces);
  }
  await hearer.until("all its samples", () => hearer.bytes === 2 * samples());

  readers[1].say({ type: "language", lang: "ca", since: 0 });
  await readers[1].hear("the language", ({ type, lang }) => type === "language" && lang === "ca");
  await readers[1].hear("its captions", ({ type, lang }) => type === "caption" && lang === "ca");
  hearer.say({ type: "language", lang: "en" });
  await hearer.hear("the language", ({ type, lang }) => type === "language" && lang === "en");

  speaker.say({ type: "pause" });
  await speaker.hear("the pause", ({ state }) => state === "paused");
  await readers[0].hear("the pause", ({ state }) => state === "paused");
  speaker.say({ type: "resume" });
  for (const piece of inPieces(tone(1, { amplitude: 3 }), 16_000)) speaker.sayBytes(piece);
  await speaker.hear("clipping", ({ warnings }) => warnings?.some(({ code }) => code === "clipping"));
  for (const piece of inPieces(silence(6), 16_000)) speaker.sayBytes(piece);
  await speaker.hear("silence", ({ warnings }) => warnings?.some(({ code }) => code === "silence"));
  speaker.say({ type: "mute", on: true });
  await speaker.until("no warning", () => speaker.messages.at(-1).warnings.length === 0);
  speaker.say({ type: "end" });
  await speaker.closes(1000);
  for (const listener of [...readers, hearer]) {
    await listener.hear("the end", ({ state }) => state === "ended");
    await listener.closes(1000);
  }
});

test("a speaker who does it wrongly is told so", async () => {
  const { session_id, speaker_token } = await server.begin();
  const path = { session_id };
  const open = (options = {}) => server.open("speak", { path, ...options });
  const start = { type: "start", token: speaker_token };

  await (await open(somebody)).refuses(4404, "session_id");
  let speaker = await open();
  speaker.say({ type: "pause" });
  await speaker.refuses(4400, "type");
  for (const message of ["{", "[]", { type: "hello" }]) {
    speaker = await open();
    speaker.sayWrongly(message);
    await speaker.refuses(4400, "type");
  }
  speaker = await open();
  speaker.say({ ...start, token: "some-other-token" });
  await speaker.refuses(4403, "token");
  speaker = await open();
  speaker.sayBytes(tone(0.1));
  await speaker.refuses(4403, "token");
  for (const sample_rate of [7_999, 48_001, "16000", 16_000.5]) {
    speaker = await open();
    speaker.sayWrongly({ ...start, sample_rate });
    await speaker.refuses(4400, "sample_rate");
  }

  speaker = await open({ token: speaker_token });
  speaker.sayBytes(tone(0.1));
  await speaker.hear("it is started", ({ type }) => type === "started");
  const second = await open();
  second.say(start);
  await second.hear("it is started", ({ type }) => type === "started");
  await speaker.refuses(4409, "session_id");
  second.say(start);
  await second.refuses(4400, "type");

  for (const bytes of [Buffer.alloc(3), readFileSync(recording)]) {
    speaker = await open();
    speaker.say(start);
    await speaker.hear("it is started", ({ type }) => type === "started");
    speaker.sayBytes(bytes);
    await speaker.refuses(4400, "audio");
  }
  speaker = await open();
  speaker.say(start);
  await speaker.hear("it is started", ({ type }) => type === "started");
  speaker.sayWrongly({ type: "mute", on: "yes" });
  await speaker.refuses(4400, "on");
  speaker = await open();
  speaker.sayTooMuch();
  await speaker.closes(1009);

  await server.expect(202, "endSession", { path, token: speaker_token });
  await until("the session ends", async () =>
    (await server.expect(200, "showSession", { path })).state === "ended", patience);
  speaker = await open();
  speaker.say(start);
  await speaker.refuses(4404, "session_id");
});

test("a listener who does it wrongly is told so", async () => {
  const { session_id, speaker_token } = await server.begin();
  const path = { session_id };
  for (const id of ["followCaptions", "followSpeech"]) {
    await (await server.open(id, { ...somebody, query: { lang: "es" } })).refuses(4404, "session_id");
    await (await server.open(id, { path })).refuses(4400, "lang");
    await (await server.open(id, { path, query: { lang: "tlh" } })).refuses(4400, "lang");

    const listener = await server.open(id, { path, query: { lang: "es" } });
    listener.say({ type: "language", lang: "tlh" });
    await listener.hear("no such language", ({ error }) => error?.field === "lang");
    listener.sayWrongly({ type: "language", lang: "ca", since: -1 });
    await listener.hear("no number", ({ error }) => error?.field === "since");
    listener.sayWrongly({ type: "hello" });
    await listener.hear("no message", ({ error }) => error?.field === "type");
    listener.sayBytesWrongly(Buffer.alloc(4));
    await listener.until("no binary message", () => listener.of("error").length === 4);
    listener.sayTooMuch();
    await listener.closes(1009);

    await server.expect(426, id, { path, query: { lang: "es" } });
  }
  await server.expect(426, "speak", { path });
  await (await server.open("followCaptions", { path, query: { lang: "es", since: "x" } })).refuses(4400, "since");
  await server.expect(202, "endSession", { path, token: speaker_token });
});

const transcripts = ["transcriptAsWebVtt", "transcriptAsSubRip", "transcriptAsJsonLines"];

test("the transcript of the talk, in each form", async () => {
  const path = { session_id: talk.session_id };
  for (const id of transcripts) {
    assert.ok((await server.expect(200, id, { path })).length > 0, id);
    assert.ok((await server.expect(200, id, { path, query: { lang: "es" } })).length > 0, id);
    await server.expect(404, id, { path, query: { lang: "tlh" } });
    await server.expect(404, id, somebody);
  }
  const [line] = await server.expect(200, "transcriptAsJsonLines", { path, query: { lang: "ca" } });
  assert.equal(line.lang, "ca");
  assert.ok(line.source && line.translated);
});

test("what listeners think of the talk", async () => {
  const path = { session_id: talk.session_id };
  const body = { rating: "up", listener: listenerId, language: "es" };
  await server.expect(403, "rateSession", { path, body: { ...body, listener: "0".repeat(31) + "1" } });
  await server.expect(202, "rateSession", { path, body });
  await server.expect(202, "rateSession", { path, body: { rating: "down", listener: body.listener } });
  for (const wrong of ["", "[]", { ...body, rating: "sideways" }, { rating: "up" }, { ...body, listener: "short" },
    { ...body, listener: "x".repeat(65) }, { ...body, language: "x".repeat(36) }])
    await server.expect(400, "rateSession", { path, body: wrong });
  await server.expect(404, "rateSession", { ...somebody, body });
});

test("the flag is shown and changed", async () => {
  const status = await server.managed(200, "showRollout");
  assert.equal(status.processes.length, 1);

  const { version } = await server.managed(200, "changeRollout", {
    body: { enabled: true, rollout_percentage: 10, min_stability_threshold: 0.9, max_buffer_timeout: 3.5,
      salt: "s1", reason: "phase 1", if_version: status.version },
  });
  assert.equal(version, status.version + 1);
  const dry = await server.managed(200, "changeRollout", { body: { rollout_percentage: 50, dry_run: true } });
  assert.equal(dry.version, 0);
  assert.equal(typeof dry.preview.on, "number");
  for (const body of ["", "[]", {}, { reason: "only" }, { rollout_percentage: 101 }, { rollout_percentage: 1.5 },
    { min_stability_threshold: 0.69 }, { max_buffer_timeout: 11 }, { max_buffer_timeout: "5" }, { enabled: "yes" },
    { salt: "no spaces" }, { enabled: true, by: "" }, { enabled: true, reason: "x".repeat(501) },
    { enabled: true, dry_run: 1 }, { enabled: true, if_version: -1 }, { percentage: 10 }])
    await server.managed(400, "changeRollout", { body });

  const { acknowledgements, acknowledged, not_known } = await server.managed(200, "disableRollout",
    { body: { reason: "flicker" } });
  assert.deepEqual(acknowledgements.map(({ acknowledged }) => acknowledged), [true]);
  assert.deepEqual([acknowledged, not_known], [true, []]);
  assert.equal((await server.managed(200, "disableRollout", { body: { dry_run: true } })).acknowledgements, undefined);
  await server.managed(200, "enableRollout");
  await server.managed(200, "undoRollout");
  const { error } = await server.managed(409, "undoRollout");
  assert.deepEqual([error.field, error.message.includes("switches partial results ON again, for 10 %")], ["confirm", true]);
  const tried = await server.managed(200, "undoRollout", { body: { dry_run: true } });
  assert.match(tried.switches_on, /^switches partial results ON again/);
  await server.managed(200, "undoRollout", { body: { version, reason: "it was better", confirm: true } });
  await server.managed(404, "undoRollout", { body: { version: 999 } });

  const outdated = { if_version: 1 };
  await server.managed(409, "changeRollout", { body: { rollout_percentage: 20, ...outdated } });
  for (const id of ["disableRollout", "enableRollout", "undoRollout"]) {
    await server.managed(409, id, { body: outdated });
    for (const body of ["[]", { enabled: true }, { if_version: "1" }]) await server.managed(400, id, { body });
  }

  const { versions } = await server.managed(200, "listRolloutVersions");
  assert.equal(versions[0].version, versions.length);
  assert.equal((await server.managed(200, "listRolloutVersions", { query: { limit: "2" } })).versions.length, 2);
  for (const limit of ["0", "1001", "x"]) await server.managed(400, "listRolloutVersions", { query: { limit } });
  await server.managed(200, "compareRolloutVersions");
  const { changes } = await server.managed(200, "compareRolloutVersions", { query: { from: "1", to: "2" } });
  assert.ok(changes.some(({ field, before }) => field === "salt" && before === null));
  await server.managed(400, "compareRolloutVersions", { query: { from: "-1" } });
  await server.managed(404, "compareRolloutVersions", { query: { to: "999" } });
});

test("overrides are set, explained and cleared", async () => {
  const { session_id, speaker_token } = await server.begin();
  const session = { path: { session_id } };
  const { overrides, version } = await server.managed(200, "setOverride",
    { ...session, body: { enabled: true, seconds: 60, reason: "try it" } });
  assert.deepEqual(Object.keys(overrides), [session_id]);
  await until("the override is in force", async () =>
    (await server.managed(200, "showRollout")).in_force.version === version, patience);
  const explained = await server.managed(200, "explainRollout", session);
  assert.deepEqual([explained.reason, explained.session.state], ["override_on", "waiting"]);
  assert.equal((await server.managed(200, "explainRollout", somebody)).session, undefined);
  const evaluated = await server.expect(200, "evaluateFlag",
    { path: { key: "partial-results" }, body: { context: { targetingKey: session_id } } });
  assert.equal(evaluated.reason, "TARGETING_MATCH");

  for (const body of [undefined, {}, { enabled: 1 }, { enabled: true, seconds: 0 },
    { enabled: true, seconds: 2_592_001 }, { enabled: true, rollout_percentage: 5 }])
    await server.managed(400, "setOverride", { ...session, body });
  const nobody = { path: { session_id: "not an id" } };
  await server.managed(400, "setOverride", { ...nobody, body: { enabled: true } });
  await server.managed(400, "clearOverride", nobody);
  await server.managed(400, "explainRollout", nobody);

  await server.managed(409, "setOverride", { ...session, body: { enabled: false, if_version: 1 } });
  await server.managed(409, "clearOverride", { ...session, body: { if_version: 1 } });
  await server.managed(400, "clearOverride", { ...session, body: { seconds: 5 } });
  await server.managed(200, "clearOverride", { ...session, body: { reason: "looked at" } });
  await server.managed(404, "clearOverride", session);
  await server.expect(202, "endSession", { ...session, token: speaker_token });
});

test("documents of the flag are looked at", async () => {
  const forever = { enabled: true, expires_at: "2099-01-31T12:00:00Z" };
  const many = Object.fromEntries([...Array(33).keys()].map((number) => [`session-${number}`, forever]));
  const whole = { enabled: true, rollout_percentage: 10, min_stability_threshold: 0.85, max_buffer_timeout: 5,
    salt: "s", overrides: { "golden-eagle-427": forever }, more: [1] };
  await server.managed(200, "lintFlag", { body: whole });
  const { document: completed } = await server.managed(200, "lintFlag", { body: { enabled: false } });
  assert.deepEqual(JSON.parse(completed),
    { enabled: false, rollout_percentage: 0, min_stability_threshold: 0.85, max_buffer_timeout: 5 });

  for (const body of ["", "[]", {}, { enabled: true }]) await server.managed(400, "lintFlag", { body });
  for (const wrong of [{ enabled: "true" }, { rollout_percentage: 10.5 }, { min_stability_threshold: 1 },
    { max_buffer_timeout: 1.9 }, { salt: " " }, { overrides: { "not an id": forever } }, { overrides: many },
    { overrides: { x: { ...forever, expires_at: "tomorrow" } } }, { overrides: { x: { enabled: true } } }])
    await server.managed(400, "lintFlag", { body: { ...whole, ...wrong } });
  await server.managed(400, "lintFlag", { body: '{"enabled":false,"enabled":false}', sound: true });
  await server.managed(400, "lintFlag", { body: { ...whole, more: "x".repeat(4096) }, sound: true });
});

test("OpenFeature's questions are answered", async () => {
  const body = { context: { targetingKey: "golden-eagle-427", more: "is ignored" } };
  for (const key of ["partial-results", "min-stability-threshold", "max-buffer-timeout"]) {
    const answer = await server.expect(200, "evaluateFlag", { path: { key }, body });
    assert.equal(answer.key, key);
    for (const wrong of ["", "[]", {}, { context: 7 }, { context: {} }, { context: { targetingKey: "" } },
      { context: { targetingKey: "not an id" } }])
      assert.equal((await server.expect(400, "evaluateFlag", { path: { key }, body: wrong })).key, key);
  }
  await server.expect(404, "evaluateFlag", { path: { key: "no-such-flag" }, body });
  const { headers } = await server.ask("evaluateFlags", { body });
  await server.expect(304, "evaluateFlags", { body, headers: { "If-None-Match": headers.etag } });
  assert.equal((await server.expect(400, "evaluateFlags", { body: {} })).key, undefined);
});

test("the rollout is reported in three forms", async () => {
  for (const format of ["markdown", "html", "json"])
    await server.managed(200, "reportRollout", { query: { period: "day", format } });
  assert.match(await server.managed(200, "reportRollout"), /^# Weekly rollout report/);
  const range = { from: "2026-01-01", to: "2026-01-02T12:00:00Z" };
  for (const format of ["markdown", "html", "json"])
    await server.managed(200, "reportRollout", { query: { ...range, format } });
  for (const query of [{ period: "year" }, { format: "pdf" }])
    await server.managed(400, "reportRollout", { query });
  for (const query of [{ from: range.from }, { to: range.to }, { ...range, to: "" }, { ...range, to: "2999-01-01" },
    { ...range, period: "week" }])
    await server.managed(400, "reportRollout", { query, sound: true });
});

/** A plan in which nothing fails by itself. */
const calm = {
  name: "calm",
  phases: [
    { name: "few", rollout_percentage: 5, bake_hours: 1, min_sessions: 3, approval: true, criteria: ["rollbacks"] },
    { name: "some", rollout_percentage: 20, criteria: [{ name: "rollbacks", limit: 0, on_failure: "hold" }] },
  ],
};

/** One that is taken back as soon as enough sessions had captions: all of them are too late for it. */
const doomed = {
  phases: [{
    name: "few", rollout_percentage: 100,
    criteria: [
      { name: "latency_p95", limit: 0, breaches: 1, of: 1, warm_up_minutes: 0, on_failure: "step_back" },
    ],
  }],
  control_percentage: 0,
};

/** A session with translated captions, whose latency counts, from its beginning to its end. */
async function speakShortly() {
  const { session_id, speaker_token } = await server.begin();
  const path = { session_id };
  const reader = await server.open("followCaptions", { path, query: { lang: "es" } });
  // Captions of words that were said before anybody read have no latency.
  await reader.hear("the state", ({ type, state }) => type === "status" && state === "waiting");
  const speaker = await server.open("speak", { path });
  speaker.say({ type: "start", token: speaker_token, sample_rate: 16_000 });
  await speaker.hear("it is started", ({ type }) => type === "started");
  const words = samplesOf(recording).subarray(0, 2 * 3 * 16_000);
  const finals = () => reader.of("caption").filter(({ final, text }) => final && text).length;
  // On a machine that is busy with other things a translation may come too late to be counted.
  for (let times = 1; !(await hasLatency(session_id)); ++times) {
    assert.ok(times < 10, "no caption had a latency");
    for (const piece of inPieces(Buffer.concat([words, silence(2)]), 16_000)) speaker.sayBytes(piece);
    await reader.until("a final caption", () => finals() >= times);
  }
  speaker.say({ type: "end" });
  await speaker.closes(1000);
}

const because = { reason: "to see" };

async function statusOfRollout() {
  return (await server.managed(200, "showPhases")).rollout.status;
}

test("a rollout that was never started", async () => {
  for (const id of ["advancePhase", "pausePhases", "resumePhases", "abortRollout", "approvePhase", "clearRollback"])
    await server.managed(404, id, { body: because });
  await server.managed(404, "showPhases");
  assert.equal((await server.managed(200, "judgeRollout")).rollout, null);
  assert.deepEqual(await server.managed(200, "listRolloutEvents"), { events: [], newest: null });
  await server.managed(404, "showRolloutRecord", { path: { record: "1" } });
});

test("a plan that is none is refused", async () => {
  for (const body of ["[]", { plan: 7 }, { plan: "fast" }, { more: 1 }, { force: true }, { reason: 7 }, { by: "ana" },
    { reason: "x".repeat(501) }])
    await server.managed(400, "startRollout", { body });

  const rule = (more) => ({ criteria: [{ name: "latency_p95", ...more }] });
  const [phase] = calm.phases;
  const phases = [{ name: "" }, { name: "x".repeat(41) }, { rollout_percentage: 101 }, { rollout_percentage: "5" },
    { rollout_percentage: 5.5 }, { bake_hours: -1 }, { bake_hours: 8737 }, { min_sessions: 2 },
    { min_sessions: 1_000_001 }, { approval: 1 }, { criteria: [] }, { criteria: ["luck"] }, { criteria: [{}] },
    { criteria: "alarms" }, { more: 1 }, rule({ limit: -1 }), rule({ limit: 1e10 }), rule({ margin: 1001 }),
    rule({ on_failure: "weep" }),
    rule({ breaches: 0 }), rule({ breaches: 33, of: 33 }), rule({ of: 0 }), rule({ warm_up_minutes: 10_081 }),
    rule({ missing: "maybe" }), rule({ more: 1 })].map((wrong) => ({ phases: [{ ...phase, ...wrong }] }));
  const holidays = { from: "2026-12-20T00:00:00Z", to: "2027-01-04T00:00:00Z" };
  const freezes = [{ from: "soon" }, { to: undefined }, { why: "x".repeat(201) }, { more: 1 }]
    .map((wrong) => ({ freeze: [{ ...holidays, ...wrong }] }));
  for (const wrong of [...phases, ...freezes, { name: "" }, { name: "x".repeat(41) }, { phases: [] }, { phases: {} },
    { phases: Array(21).fill(phase) }, { freeze: Array(101).fill(holidays) }, { alarms: { bell: "ring" } },
    { alarms: { ["x".repeat(201)]: "hold" } }, { alarms: [] }, { control_percentage: 51 }, { control_percentage: -1 },
    { alpha: 0 }, { alpha: 0.2 }, { promotion_alpha: 0.3 }, { action_sessions: 0 }, { action_share: 101 },
    { look_minutes: 0 }, { look_minutes: 1441 }, { a_a: "yes" }, { more: 1 }])
    await server.managed(400, "startRollout", { body: { plan: { ...calm, ...wrong } } });

  const twice = { ...phase, criteria: ["alarms", { name: "alarms" }] };
  for (const wrong of [{ phases: [phase, phase] }, { phases: [{ ...phase, ...rule({ breaches: 2, of: 1 }) }] },
    { phases: [twice] }, { freeze: [{ from: holidays.to, to: holidays.from }] }])
    await server.managed(400, "startRollout", { body: { plan: { ...calm, ...wrong } }, sound: true });
  await server.managed(404, "showPhases");
});

test("a rollout is started, moved and ended by hand", async () => {
  const built = await server.managed(200, "startRollout", { body: { plan: "timeline", ...because } });
  assert.deepEqual(built.rollout.phases.map(({ rollout_percentage }) => rollout_percentage), [0, 10, 50, 100]);
  assert.deepEqual([built.event.kind, built.event.by], ["started", "operator"]);
  await server.managed(409, "startRollout");
  for (const body of [undefined, "[]", {}, { reason: "" }, { reason: "x".repeat(501) }, { force: true, ...because }]) {
    await server.managed(400, "abortRollout", { body });
    await server.managed(400, "clearRollback", { body });
  }
  assert.equal((await server.managed(200, "abortRollout", { body: because })).rollout.status, "aborted");
  await server.managed(409, "abortRollout", { body: because });
  assert.equal((await server.managed(200, "startRollout")).rollout.plan, "guide");
  await server.managed(200, "abortRollout", { body: because });

  const { rollout } = await server.managed(200, "startRollout", { body: { plan: calm } });
  assert.deepEqual([rollout.status, rollout.phase, rollout.latch], ["running", "few", null]);
  assert.equal((await server.managed(200, "showRollout")).rollout_percentage, 5);
  assert.equal((await server.managed(200, "judgeRollout")).rollout.plan, "calm");
  const shown = await server.managed(200, "showPhases");
  assert.deepEqual([shown.event, shown.criteria.map(({ name }) => name)], [null, ["rollbacks"]]);
  for (const id of ["pausePhases", "resumePhases", "approvePhase"])
    for (const body of ["[]", { more: 1 }, { by: 7 }, { plan: "guide" }]) await server.managed(400, id, { body });

  await server.managed(409, "clearRollback", { body: because });
  await server.managed(409, "resumePhases");
  await server.managed(200, "pausePhases");
  await server.managed(409, "pausePhases");
  await server.managed(200, "resumePhases", { body: because });
  assert.equal((await server.managed(200, "approvePhase", { body: because })).rollout.approved_by, "operator");

  for (const body of ["[]", { force: 1 }, { force: true }, { force: true, reason: "" }, { plan: "guide" }])
    await server.managed(400, "advancePhase", { body });
  const advanced = await server.managed(200, "advancePhase");
  assert.deepEqual([advanced.rollout.phase, advanced.event.percentage_after], ["some", 20]);

  await server.managed(200, "changeRollout", { body: { rollout_percentage: 50 } });
  await until("a person's hand is noticed", async () => (await statusOfRollout()) === "paused", patience);
  await server.managed(409, "advancePhase");
  await server.managed(200, "resumePhases");
  assert.equal((await server.managed(200, "showRollout")).rollout_percentage, 20);

  const { event } = await server.managed(200, "advancePhase", { body: { force: false, ...because } });
  assert.equal(event.kind, "completed");
  await server.managed(409, "approvePhase");
});

test("a rollout is taken back, and stays so until somebody has looked", async () => {
  await server.managed(200, "startRollout", { body: { plan: doomed } });
  // As many as are too many for chance where nothing is known of what is usual.
  for (let pair = 0; pair < 5; ++pair) await Promise.all([speakShortly(), speakShortly()]);
  // A server waits for listeners' votes before it tells of a session, but not when it is stopped.
  await server.stop();
  server = await Server.start(contract, join(home, "main"), "--no-demo");
  await until("it is taken back", async () => (await statusOfRollout()) === "rolled_back", patience);
  const { rollout } = await server.managed(200, "showPhases");
  assert.deepEqual([rollout.latch.remedy, rollout.latch.phase], ["step_back", "few"]);
  const flag = await server.managed(200, "showRollout");
  assert.deepEqual([flag.enabled, flag.rollout_percentage, flag.recall_live], [true, 0, true]);
  assert.equal((await server.managed(200, "judgeRollout")).rollout.latch.remedy, "step_back");
  await server.managed(409, "resumePhases");
  await server.managed(409, "startRollout");
  assert.equal((await server.managed(200, "clearRollback", { body: because })).rollout.status, "paused");
  await server.managed(200, "abortRollout", { body: because });

  await server.managed(200, "startRollout", { body: { plan: calm } });
  await server.managed(409, "advancePhase");
  assert.equal((await server.managed(200, "advancePhase", { body: { force: true, ...because } })).event.kind, "advanced");
  await server.managed(200, "abortRollout", { body: because });
});

test("what has happened to the rollout is kept with its evidence", async () => {
  const { events, newest } = await server.managed(200, "listRolloutEvents");
  assert.deepEqual(events.map(({ number }) => number), events.map((_, index) => index + 1));
  assert.deepEqual(newest, { number: events.length, hash: events.at(-1).hash });
  const kinds = new Set(events.map(({ kind }) => kind));
  for (const kind of ["started", "aborted", "paused", "resumed", "approved", "advanced", "overruled", "completed",
    "stepped_back", "cleared"])
    assert.ok(kinds.has(kind), kind);
  const later = await server.managed(200, "listRolloutEvents",
    { query: { after: String(events[1].record), limit: "2" } });
  assert.deepEqual(later.events, events.slice(2, 4));
  for (const limit of ["0", "1001", "x"]) await server.managed(400, "listRolloutEvents", { query: { limit } });
  for (const after of ["-1", "x"]) await server.managed(400, "listRolloutEvents", { query: { after } });

  for (const { record, hash, ...event } of events) {
    const kept = await server.managed(200, "showRolloutRecord", { path: { record: String(record) } });
    assert.deepEqual(kept.event, event);
    assert.equal(kept.hash, hash);
  }
  for (const record of ["0", "x"]) await server.managed(400, "showRolloutRecord", { path: { record } });
  await server.managed(404, "showRolloutRecord", { path: { record: "999999" } });
});

test("what is measured is shown", async () => {
  await server.managed(200, "judgeRollout");
  await server.managed(200, "listAlarms");
  const series = await server.managed(200, "showSeries", { query: { minutes: "5" } });
  assert.equal(series.times.length, 5);
  assert.equal((await server.managed(200, "showSeries")).times.length, 60);
  for (const minutes of ["0", "1441", "x"]) await server.managed(400, "showSeries", { query: { minutes } });
  await server.expect(200, "showMetrics");
  await server.expect(200, "checkHealth");
  const { recogniser } = await server.expect(200, "checkReadiness");
  assert.deepEqual(Object.keys(recogniser), ["name"], "why it is that one may name files");
  const told = (await server.managed(200, "checkReadiness")).recogniser;
  assert.deepEqual([told.name, told.takeovers], [recogniser.name, 0]);
});

/** Asks until the answer is "too many", which says when to come again. */
async function untilTooMany(id, options, most) {
  for (let asked = 0; asked <= most; ++asked) {
    const { status, headers } = await server.ask(id, options());
    if (status !== 429) continue;
    assert.match(headers["retry-after"], /^\d+$/, id);
    return;
  }
  assert.fail(`${id} is answered more than ${most} times`);
}

test("one client cannot ask for everything", async () => {
  const path = { session_id: talk.session_id };
  await untilTooMany("beginSession", () => ({ body: "{" }), 40);
  await untilTooMany("rateSession", () => ({ path, body: { rating: "up", listener: "a-page-of-mine-1" } }), 60);
  // What was written just now costs nothing, unlike what cannot be written.
  for (const id of transcripts) await untilTooMany(id, () => ({ path, query: { lang: "tlh" } }), 400);
  let guess = 0;
  for (const id of ["showSession", "endSession"])
    await untilTooMany(id, () => ({ path: { session_id: `no-such-${++guess}` } }), 100);
});

test("a talk of an earlier process can be read, but not spoken or heard in", async () => {
  await server.stop();
  server = await Server.start(contract, join(home, "main"), "--no-demo");
  const path = { session_id: talk.session_id };
  assert.equal((await server.expect(200, "showSession", { path })).state, "ended");
  await server.expect(404, "endSession", { path, token: talk.speaker_token });
  const reader = await server.open("followCaptions", { path, query: { lang: "es" } });
  await reader.closes(1000);
  assert.ok(reader.of("caption").length > 0);
  await (await server.open("followSpeech", { path, query: { lang: "es" } })).refuses(4404, "session_id");
  await (await server.open("speak", { path })).refuses(4404, "session_id");
  await server.managed(200, "showSeries");
});

test("a server in need says so", async (t) => {
  const folder = join(home, "need");
  const flag = join(folder, "flag.json");
  const demo = join(folder, "recordings");
  mkdirSync(demo, { recursive: true });
  copyFileSync(recording, join(demo, "one.wav"));
  const poor = await Server.start(contract, folder,
    "--demo-folder", demo, "--store", `file:${flag}`, "--max-talks", "2", "--max-listeners", "1");
  t.after(() => poor.stop("SIGKILL"));

  const { session_id } = await poor.expect(200, "showDemo");
  assert.equal((await poor.expect(200, "showSession", { path: { session_id } })).recording, true);
  const speak = async () => {
    const { session_id: id, speaker_token } = await poor.begin();
    const speaker = await poor.open("speak", { path: { session_id: id }, token: speaker_token });
    speaker.sayBytes(tone(1.1));
    return speaker;
  };
  const live = ({ state }) => state === "live";
  await (await speak()).hear("the first is live", live);
  await (await speak()).hear("the demo gives way to the second", live);
  await (await speak()).refuses(4429, "recogniser");
  assert.deepEqual((await poor.expect(200, "checkReadiness")).talks, { live: 2, most: 2 });
  for (const id of ["followCaptions", "followSpeech"]) {
    const options = { path: { session_id }, query: { lang: "en" } };
    const only = await poor.open(id, options);
    await only.hear("the state", ({ type }) => type === "status");
    await (await poor.open(id, options)).refuses(4429, "session_id");
    only.leave();
  }

  const change = { body: { rollout_percentage: 2 } };
  const override = { ...somebody, body: { enabled: true } };

  // As long as a document may be, until it is written again with all that it leaves out.
  const forever = { enabled: true, expires_at: "2099-01-31T12:00:00Z" };
  const full = (enabled) => {
    const overrides = Object.fromEntries([..."abcdefgh"].map((id) => [id, forever]));
    const document = { enabled, rollout_percentage: 1, overrides, more: "" };
    document.more = "x".repeat(4090 - JSON.stringify(document).length);
    return JSON.stringify(document);
  };
  writeFileSync(flag, full(true));
  await poor.managed(429, "changeRollout", change);
  await poor.managed(429, "setOverride", override);
  await poor.managed(429, "clearOverride", { path: { session_id: "a" } });
  await poor.managed(200, "disableRollout");  // the kill switch finds room
  writeFileSync(flag, full(false));
  await poor.managed(429, "enableRollout");

  writeFileSync(flag, '{"enabled":"perhaps"}');
  const { in_force } = await poor.managed(400, "showRollout", { sound: true });
  assert.equal(typeof in_force.version, "number");
  const { versions } = await poor.managed(200, "listRolloutVersions");
  assert.match(versions[0].error, /enabled/);
  await poor.managed(400, "changeRollout", { ...change, sound: true });
  await poor.managed(400, "enableRollout", { sound: true });
  await poor.managed(400, "compareRolloutVersions", { sound: true });
  rmSync(flag);
  await poor.managed(404, "showRollout");

  const inTheWay = (name) => {
    rmSync(name, { force: true });
    mkdirSync(name);
  };
  inTheWay(`${flag}.history.jsonl`);
  await poor.managed(503, "changeRollout", change);
  await poor.managed(503, "setOverride", override);
  await poor.managed(503, "clearOverride", somebody);
  for (const id of ["showRollout", "disableRollout", "enableRollout", "undoRollout", "listRolloutVersions",
    "compareRolloutVersions"])
    await poor.managed(503, id);

  inTheWay(join(folder, "data", "metrics.db"));
  for (const id of ["showSeries", "judgeRollout", "reportRollout"]) await poor.managed(503, id);

  inTheWay(join(folder, "rollout.db"));
  for (const id of ["startRollout", "advancePhase", "pausePhases", "resumePhases", "abortRollout", "approvePhase",
    "clearRollback"])
    await poor.managed(503, id, { body: because });
  for (const id of ["showPhases", "listRolloutEvents"]) await poor.managed(503, id);
  await poor.managed(503, "showRolloutRecord", { path: { record: "1" } });

  inTheWay(join(folder, "data", "sessions.db"));
  for (const id of ["showSession", ...transcripts]) await poor.expect(503, id, somebody);
  await poor.expect(503, "rateSession", { ...somebody, body: { rating: "up", listener: "a-page-of-mine-1" } });
  // What was asked within the last second is not asked again.
  await until("it is not ready", async () => (await poor.ask("checkReadiness")).status === 503, patience);
  await poor.expect(503, "beginSession");
});

test("nothing that is documented was left unasked", () => {
  assert.deepEqual(contract.unseen().sort(), [...notProvoked.keys()].sort());
});

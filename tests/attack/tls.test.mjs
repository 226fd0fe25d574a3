// TLS in the server: everything over https and wss, a certificate that changes, and clients that
// begin with something else or with nothing at all.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { Program, patience } from "../support/program.mjs";
import { until } from "../support/until.mjs";
import { Server, Socket } from "./server.mjs";

let program;
let port;
/** Of the server, made by itself: certificate and key. */
let made;

before(async () => {
  program = new Program();
  program.start("--port", "0", "--no-demo", "--tls-self-signed");
  port = await announcedPort();
  made = join(program.data, "self-signed-tls.pem");
});
after(() => program.remove());

async function announcedPort() {
  const address = new URL(await program.announced("listening on"));
  assert.equal(address.protocol, "https:");
  return Number(address.port);
}

/** An https request by who trusts the server's own certificate: {status, headers, text, body}. */
function ask(method, path, { headers = {}, body, ca = readFileSync(made) } = {}) {
  const options = { host: "127.0.0.1", port, path, method, headers, ca, agent: false };
  return answerOf(httpsRequest(options), body && JSON.stringify(body));
}

function answerOf(request, body) {
  return new Promise((resolve, reject) => {
    request.on("response", (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        resolve({
          status: response.statusCode, headers: response.headers, text,
          get body() { return JSON.parse(text); },
        });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const open = (path) => Socket.open(`wss://127.0.0.1:${port}${path}`, { ca: readFileSync(made) });

/** The certificate that new connections get. */
function fingerprint() {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.end();
    });
    socket.on("error", reject);
  });
}

const logged = (event) => program.output.filter((line) => line.includes(`"${event}"`)).length;

test("its own certificate is for this machine, and its fingerprint is printed", async () => {
  await until("the fingerprint is printed",
    () => program.output.some((line) => line.includes("SHA-256")), patience);
  const printed = program.output.find((line) => line.includes("SHA-256")).split("SHA-256 ")[1];
  assert.equal(await fingerprint(), printed);
  assert.equal(statSync(made).mode & 0o777, 0o600, "the key is its owner's");
  for (const host of ["127.0.0.1", "localhost"]) {
    const options = { host: "127.0.0.1", servername: host === "localhost" ? host : "", port, path: "/healthz",
      headers: { Host: host }, ca: readFileSync(made), agent: false };
    assert.equal((await answerOf(httpsRequest(options))).status, 200, host);
  }
});

test("the machine's own commands trust what the server has made", async () => {
  const { sessions } = JSON.parse(await program.run("session", "list", "--json"));
  assert.ok(Array.isArray(sessions));
});

test("pages, API, speaker and listener", async () => {
  const page = await ask("GET", "/speak");
  assert.equal(page.status, 200);
  assert.match(page.text, /<!doctype html>/);
  assert.equal(page.headers["strict-transport-security"], undefined, "people could not leave it again");

  const talk = (await ask("POST", "/v1/sessions", { body: { language: "en" } })).body;
  const listener = await open(`/v1/sessions/${talk.session_id}/captions?lang=en`);
  await listener.hear("the status", ({ type }) => type === "status");
  const speaker = await open(`/v1/sessions/${talk.session_id}/audio`);
  speaker.say({ type: "start", token: talk.speaker_token });
  await speaker.hear("started", ({ type }) => type === "started");
  for (let second = 0; second < 3; second += 1) speaker.say(new Uint8Array(32_000));
  await speaker.hear("audio received", ({ received_seconds: seconds }) => seconds >= 3);
  await listener.hear("live", ({ state }) => state === "live");
  speaker.say(new Uint8Array((1 << 20) + 2));
  assert.equal((await speaker.closed()).code, 1009, "a message that is too large");
  listener.say(`{"type":"language","lang":"${"x".repeat(5000)}"}`);
  assert.equal((await listener.closed()).code, 1009);
  assert.equal((await ask("GET", "/healthz")).status, 200);
});

test("who speaks plain HTTP is told", async () => {
  const plain = (method, path, body) =>
    answerOf(httpRequest({ host: "127.0.0.1", port, path, method, agent: false }), body);
  const page = await plain("GET", "/listen/golden-eagle-427?lang=es");
  assert.equal(page.status, 307);
  assert.equal(page.headers.location, `https://127.0.0.1:${port}/listen/golden-eagle-427?lang=es`);
  const refused = await plain("POST", "/v1/sessions", "{}");
  assert.equal(refused.status, 400);
  assert.match(refused.body.error.message, /https/);
  const socket = await Socket.open(`ws://127.0.0.1:${port}/v1/sessions/x/captions?lang=en`);
  assert.equal((await socket.closed()).status, 400);
});

test("old versions are refused, and who comes back needs half a handshake", async () => {
  const hello = (options) => new Promise((resolve) => {
    const socket = tlsConnect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
    socket.on("session", (session) => { socket.latest = session; });
    socket.on("error", (error) => resolve({ error: error.code }));
    let reused;
    socket.on("close", () => resolve({ reused, session: socket.latest }));
    socket.on("data", () => socket.end());
    socket.on("secureConnect", () => {
      reused = socket.isSessionReused();
      socket.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    });
  });
  const old = await hello({ maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" });
  assert.ok(old.error, "TLS 1.1");
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    const first = await hello({ minVersion: version, maxVersion: version });
    assert.equal(first.reused, false);
    const second = await hello({ minVersion: version, maxVersion: version, session: first.session });
    assert.equal(second.reused, true, version);
  }
});

test("handshakes that do not come or do not end are closed, and hold nobody up", async () => {
  const many = 300;
  let closed = 0;
  const hello = Buffer.from("1603010200010001fc0303", "hex");  // the beginning of a ClientHello
  for (let i = 0; i < many; i += 1) {
    const socket = connect(port, "127.0.0.1", () => { if (i % 2) socket.write(hello); });
    socket.on("error", () => {});
    socket.on("close", () => { closed += 1; });
  }
  const noise = connect(port, "127.0.0.1", () => noise.write(Buffer.alloc(4096, 0x16)));
  noise.on("error", () => {});
  noise.on("close", () => { noise.over = true; });
  assert.equal((await ask("GET", "/healthz")).status, 200, "while they hold");
  await until("noise is refused at once", () => noise.over === true, patience);
  await until("all are closed", () => closed === many, { seconds: 40 });
  assert.equal((await ask("GET", "/healthz")).status, 200);
});

test("SIGHUP takes a new certificate, and leaves a bad one; connections go on", async () => {
  const [certificate, key] = ["cert.pem", "key.pem"].map((name) => join(program.data, name));
  copyFileSync(made, certificate);
  copyFileSync(made, key);
  const first = readFileSync(made);
  await program.stop();
  // A second one: the server makes it where the first is gone.
  rmSync(made);
  program.start("--port", "0", "--no-demo", "--tls-self-signed");
  port = await announcedPort();
  const second = readFileSync(made);
  assert.notDeepEqual(first, second);
  await program.stop();

  program.start("--port", "0", "--no-demo", "--log-level", "info", "--tls-cert", certificate, "--tls-key", key);
  port = await announcedPort();
  await until("signals are taken", () => program.output.some((line) => line.startsWith("stop with")), patience);
  const before = await fingerprint();
  const talk = (await ask("POST", "/v1/sessions", { ca: first })).body;
  const listener = await Socket.open(`wss://127.0.0.1:${port}/v1/sessions/${talk.session_id}/captions?lang=en`,
    { ca: first });
  await listener.hear("the status", ({ type }) => type === "status");

  writeFileSync(certificate, "nonsense");
  program.kill("SIGHUP");
  await until("the bad file is logged", () => logged("tls_reload_failed") === 1, patience);
  assert.equal(await fingerprint(), before);
  writeFileSync(certificate, second);
  program.kill("SIGHUP");
  await until("the key of another is logged", () => logged("tls_reload_failed") === 2, patience);
  assert.equal(await fingerprint(), before);
  writeFileSync(key, second);
  program.kill("SIGHUP");
  await until("the new one is in use", () => logged("tls_reloaded") === 1, patience);
  assert.notEqual(await fingerprint(), before);
  assert.equal((await ask("GET", "/healthz", { ca: second })).status, 200);

  listener.say({ type: "language", lang: "es" });
  await listener.hear("an answer over the old connection", ({ type }) => type === "language");
  listener.leave();
});

test("what is wrong with the files is said at the start", async () => {
  const [certificate, key] = ["cert.pem", "key.pem"].map((name) => join(program.data, name));
  const other = join(program.data, "other.pem");
  writeFileSync(other, "nonsense");
  for (const [options, words] of [
    [["--tls-cert", certificate], /--tls-cert needs --tls-key/],
    [["--tls-key", key], /--tls-key needs --tls-cert/],
    [["--tls-cert", join(program.data, "none.pem"), "--tls-key", key], /--tls-cert .*none\.pem: no such file/],
    [["--tls-cert", other, "--tls-key", key], /--tls-cert .*other\.pem: has no certificate/],
    [["--tls-cert", certificate, "--tls-key", other], /--tls-key .*other\.pem: has no private key/],
    [["--tls-cert", certificate, "--tls-key", key, "--tls-self-signed"], /exclude/],
  ]) {
    const failing = new Program();
    failing.start("--port", "0", "--no-demo", ...options);
    await until(`it ends for ${words}`, () => !failing.running, patience);
    await until("it says why", () => failing.output.some((line) => words.test(line)), { seconds: 5 });
    await failing.remove();
  }
});

test("without TLS a service that is told to reload goes on", async () => {
  const plain = await Server.start();
  plain.program.kill("SIGHUP");
  assert.equal((await plain.ask("GET", "/healthz")).status, 200);
  await plain.program.run("operator", "list");
  assert.ok(plain.program.running);
  await plain.remove();
});

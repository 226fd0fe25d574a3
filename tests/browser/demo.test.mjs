// The whole line in one go: the real program, its demo talk, and a browser that reads Spanish.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { openBrowser, picture, until } from "./browser.mjs";

const program = process.env.SOTTO_BINARY;
/** A cold start loads a recogniser and two translators; a busy machine does it slowly. */
const patience = { seconds: 120 };

let home;
let server;
let exited;
const output = [];
let browser;

before(async () => {
  assert.ok(program, "SOTTO_BINARY names the program");
  home = mkdtempSync(join(tmpdir(), "sotto-demo-"));
  server = spawn(program, ["serve", "--port", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: home, XDG_STATE_HOME: join(home, "state") },
  });
  exited = new Promise((resolve, reject) => {
    server.on("error", reject);
    server.on("exit", (code, signal) => resolve({ code, signal }));
  });
  exited.catch(() => {});
  for (const stream of [server.stdout, server.stderr]) {
    createInterface({ input: stream }).on("line", (line) => output.push(line));
  }
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  if (server?.exitCode === null && server.signalCode === null) server.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

/** The first address on a line of output that has those words. */
async function announced(words) {
  let address;
  await until(`the line "${words}"`, () => {
    assert.ok(server.exitCode === null, `the server stopped:\n${output.join("\n")}`);
    address = output.find((line) => line.includes(words))?.match(/https?:\/\/[^\s"]+/)?.[0];
    return address !== undefined;
  }, patience);
  return address;
}

test("the demo talk's Spanish captions arrive in a browser", async (t) => {
  const address = await announced("listening on");
  const link = await announced("demo session");
  assert.ok(link.startsWith(address), `${link} is at ${address}`);

  const context = await browser.newContext({ locale: "es-ES", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  assert.equal((await page.goto(new URL("/healthz", address).href)).status(), 200);
  await page.goto(link);
  const finished = page.locator("#paper .segment[lang='es'][data-final='true']");
  const words = () => finished.first().textContent();
  try {
    await until("a finished Spanish caption", async () =>
      (await finished.count()) > 0 && (await words()).trim() !== "", patience);
  } finally {
    await picture(page, "demo");
    t.diagnostic(`on the page: ${JSON.stringify(await page.locator("#paper").innerText())}`);
  }
  assert.match(await words(), /\p{L}{2,}/u);
  assert.equal(await page.locator("[data-segment] .mark:visible").count(), 0, "nothing untranslated");

  await page.goto(new URL("/", address).href);
  await page.waitForSelector("#demo:visible");
  assert.equal(await page.$eval("#demo-link", (a) => a.href), link.split("?")[0]);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the server stops when asked to", async () => {
  server.kill("SIGTERM");
  const late = new Promise((resolve) => setTimeout(resolve, 15_000, "late").unref());
  assert.deepEqual(await Promise.race([exited, late]), { code: 0, signal: null },
    `within 15 s; it said:\n${output.slice(-20).join("\n")}`);
});

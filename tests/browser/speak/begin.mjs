// Before a talk: what is asked, and what can go wrong.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { token } from "../fake/speak_server.mjs";
import {
  answer, becomes, end, newPage, open, page, refusing, says, server,
} from "./page.mjs";

describe("before a talk", () => {
  test("the language is one of the server's, called by its own name", async () => {
    await open();
    assert.deepEqual(await page.locator("#spoken option").allTextContents(), ["English", "español"]);
    assert.equal(await page.inputValue("#spoken"), "en", "the browser's");
    await open("?lang=es");
    assert.equal(await page.inputValue("#spoken"), "es", "the address's");
    const arrival = server.speaker();
    await page.click("#start");
    await arrival;
    assert.deepEqual(JSON.parse(server.bodies[0]), { language: "es" });
    await end();
    await open();
    assert.equal(await page.inputValue("#spoken"), "es", "what was spoken last");
  });

  test("a server that does not answer is waited for", async () => {
    server.down = true;
    await page.goto(`${server.address}/speak`);
    await says(/does not answer/);
    assert.equal(await page.isEnabled("#start"), false);
    server.down = false;
    await until("ready", () => page.isEnabled("#start"));
    assert.equal(await answer(), "");
  });

  test("the wait for the microphone is shown", async () => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
    });
    await open();
    await page.click("#start");
    await becomes("asking");
    assert.match(await answer(), /allow it/);
    assert.equal(await page.isEnabled("#start"), false);
    await picture(page, "speak-asking");
  });

  test("a refused microphone: how to allow it, and Start again", async () => {
    await newPage({}, refusing);
    await open();
    await page.click("#start");
    await says(/left of the address.*Start again/);
    assert.equal(await page.isEnabled("#start"), true);
    assert.deepEqual(server.bodies, [], "no talk was begun");
    await picture(page, "speak-refused");
  });

  for (const [name, words] of [["NotFoundError", /no microphone/], ["NotReadableError", /another program/]]) {
    test(`a microphone that fails with ${name}`, async () => {
      await page.addInitScript((error) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", error));
      }, name);
      await open();
      await page.click("#start");
      await says(words);
      assert.equal(await page.isEnabled("#start"), true);
    });
  }

  test("a page that came over plain http says why it cannot record", async () => {
    await page.goto(`http://talk.test:${server.port}/speak`);
    await says(/https/);
    assert.equal(await page.isEnabled("#start"), false);
    assert.equal(await page.isEnabled("#choose-file"), false);
  });

  test("a full server, one that refuses, and one that goes away: each says what to do", async () => {
    await open();
    const hostile = "<img src=x onerror=alert(1)>";
    server.refusal = [429, { error: { code: "resource_exhausted", message: hostile, field: "" } }];
    await page.click("#start");
    await says(/no room for another talk/);
    server.refusal = [400, { error: { code: "invalid_argument", message: hostile, field: "language" } }];
    await page.click("#start");
    await until("the server's words", async () => (await answer()).includes(hostile));
    assert.equal(await page.locator("#begin-answer img").count(), 0);
    server.down = true;
    await page.click("#start");
    await says(/does not answer/);
    server.down = false;
    server.refusal = undefined;
    const arrival = server.speaker();
    await page.click("#start");
    await arrival;
  });

  test("the host code is asked for where the server wants one, and again when it is wrong", async () => {
    server.start = "code";
    await open();
    await until("the field", () => page.isVisible("#host-code"));
    await page.fill("#host-code", "wrong-code-1");
    await page.click("#start");
    await says(/started with the host code/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "host-code");
    await page.fill("#host-code", "Amber Lion 123 calm otter 456");
    const arrival = server.speaker();
    await page.click("#start");
    await arrival;
    assert.ok(server.requests.every((address) => !address.includes("otter")), "it is in no address");
  });

  test("without a free recogniser the talk waits, and says so", async () => {
    server.turnedAway = [[4429, { error: { code: "resource_exhausted", message: "busy", field: "recogniser" } }]];
    await open();
    const arrival = server.speaker();
    await page.click("#start");
    await until("the note", async () => /As many talks go on/.test(await page.textContent("#notes")));
    await arrival;
  });

  test("a refusal on the socket is said, and the talk is not left behind", async () => {
    server.turnedAway = [[4400, { error: { code: "invalid_argument", message: "96000 is out of range", field: "sample_rate" } }]];
    await open();
    await page.click("#start");
    await says(/The server refuses: 96000 is out of range/);
    await until("ended", () => server.authorizations.includes(`Bearer ${token}`));
    assert.equal(await page.isEnabled("#start"), true);
  });
});

// The live talks, and why one is on or off.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../browser.mjs";
import { standing } from "../fake/console_figures.mjs";
import { asked, attack, becomes, count, hurry, open, page, row, server, soon, text, visible } from "./page.mjs";

describe("the look-up", () => {
  test("says why a talk is on or off, however its code is typed", async () => {
    await open();
    await page.fill("#lookup-id", " Golden Eagle 427");
    await page.press("#lookup-id", "Enter");
    await becomes("#lookup-answer .found", "golden-eagle-427: on");
    const bucket = asked("GET", "/v1/rollout/explain/golden-eagle-427").length;
    assert.equal(bucket, 1);
    assert.match(await text("#lookup-answer"), /The talk is live, since 19 Jan, .*\. It began with early captions on \(version 7 of the flag\): its bucket, \d+, is below 100 %\.\s+Only Disable/);
    await page.fill("#lookup-id", "nobody-knows-1");
    await page.press("#lookup-id", "Enter");
    await becomes("#lookup-answer", /A talk nobody-knows-1 that began now would be off: its bucket, \d+, is not below 10 % \(version 7 of the flag\)\.\s+No talk with this code is known here\./);
    await page.fill("#lookup-id", "");
    await page.press("#lookup-id", "Enter");
    await becomes("#lookup-answer", /such as golden-eagle-427/);
  });

  test("says of a talk that was killed that it is off, since when and why", async () => {
    await open();
    server.switchedOff = {
      enabled: false, reason: "disabled", version: 6, since: "2026-01-19T09:30:00.000Z", by: "marc", why: "words repeat",
    };
    await page.fill("#lookup-id", "golden-eagle-427");
    await page.press("#lookup-id", "Enter");
    await becomes("#lookup-answer .found", "golden-eagle-427: off");
    assert.match(await text("#lookup-answer"), /It began with early captions on .*\s+It is off since 19 Jan, .*: early captions are disabled for everybody \(version 6 of the flag\), by marc: words repeat\. It stays off for as long as it goes on\.\s+A talk golden-eagle-427 that began now would be off:/);
    server.switchedOff.acted = false;
    server.criteria.rollout = { ...standing(), about_to: "The flag was set to 30 % by ana: the rollout will pause." };
    await page.press("#lookup-id", "Enter");
    await becomes("#lookup-answer", /Its server has still to act on it\.[^]*The flag was set to 30 % by ana: the rollout will pause\./);
  });

  test("explains every reason in words", async () => {
    await open();
    const answers = {
      disabled: /disabled for everybody/, environment_off: /PARTIAL_RESULTS_ENABLED=false/,
      override_on: /override for this talk says on/, override_off: /says off/, fallback: /no flag/,
    };
    for (const [reason, words] of Object.entries(answers)) {
      server.instead.set("/v1/rollout/explain/a", { status: 200, body: {
        session_id: "a", bucket: 3, rollout_percentage: 10, enabled: reason === "override_on", reason, version: 7,
        new_session: { enabled: reason === "override_on", reason, bucket: 3, rollout_percentage: 10, version: 7 }, rollout: null } });
      await page.fill("#lookup-id", "a");
      await page.click("#lookup-form button");
      await becomes("#lookup-answer", words);
    }
    server.instead.set("/v1/rollout/explain/a", { status: 400, body: { error: { message: "session_id must be shorter" } } });
    await page.click("#lookup-form button");
    await becomes("#lookup-answer", "The server says: session_id must be shorter.");
  });
});

describe("the live talks", () => {
  test("are listed with their captions, latency and listeners", async () => {
    await open();
    assert.match(await text("#sessions .taken"), /^31 talks, \d+ with early captions, taken at/);
    const [name, state, captions, arm, p50, p95, wordLag, lag, listeners, audio] = await row("#sessions", "golden-eagle-427");
    assert.deepEqual([name, state, captions, arm], ["golden-eagle-427", "live\nen", "early\nby percentage", "canary"]);
    assert.match(p50, /^[\d.]+ m?s$/);
    assert.match(p95, /^[\d.]+ m?s$/);
    assert.match(wordLag, /^[\d.]+ m?s$/);
    assert.equal(lag, "0.3 s");
    assert.match(listeners, /^\d+\nes \d+, ca \d+$/);
    assert.match(audio, /min|s|h/);
    assert.equal((await row("#sessions", server.sessions[4].session_id))[4], "–", "before the first translation");
    Object.assign(server.sessions[0], { mode: "final_only" });
    await hurry();
    await until("the fallback", async () =>
      (await row("#sessions", "golden-eagle-427"))[2] === "final only\nbegan with early ones, by percentage");
  });

  test("say when the recogniser lags, by how much, and whether sound was lost", async () => {
    await open();
    assert.equal(await visible("#lag"), false);
    Object.assign(server.sessions[0], { lag_seconds: 2.14 });
    await soon("#lag", "1 talk of 31 lags by 1.5 s or more, up to 2.1 s: captions come in longer steps, and nothing is lost.");
    Object.assign(server.sessions[1], { lag_seconds: 31, dropped_seconds: 4.25 });
    await soon("#lag", /^2 talks of 31 lag by 1.5 s or more, up to 31.0 s: .*, and sound was lost\. Begin no more talks/);
    assert.equal((await row("#sessions", server.sessions[1].session_id))[7], "31.0 s\n4.3 s lost");
    Object.assign(server.sessions[0], { lag_seconds: null });
    server.sessions = server.sessions.slice(0, 1);
    await hurry();
    await until("no lag", async () => !(await visible("#lag")));
    assert.equal((await row("#sessions", "golden-eagle-427"))[7], "–");
  });

  test("say who recognises, and what to do where that is not who should", async () => {
    await open();
    await becomes("#recogniser", "Recogniser: Moonshine base-en");
    assert.equal(await visible("#recogniser-warning"), false);
    server.recogniser = { name: "Moonshine base-en", takeovers: 2 };
    await soon("#recogniser-warning", /^Moonshine has failed in 2 talks: PocketSphinx goes on there, with finals only, until/);
    const instead = `/m/${attack}/tokenizer.bin is missing; 'sotto models get moonshine-base-en' fetches it`;
    server.recogniser = { name: "PocketSphinx en-us", instead, takeovers: 0 };
    await soon("#recogniser", "Recogniser: PocketSphinx en-us");
    await becomes("#recogniser-warning",
      `PocketSphinx recognises in place of Moonshine, and many words are wrong: ${instead}. Then start the server again.`);
    server.instead.set("/readyz", { status: 503, body: { error: { message: "the server is stopping" } } });
    await hurry();
    await until("asked once more", () => asked("GET", "/readyz").length >= 4);
    assert.equal(await text("#recogniser"), "Recogniser: PocketSphinx en-us");
    server.instead.set("/readyz", { status: 200, body: { status: "ready", recogniser: 7 } });
    await hurry();
    await until("nothing is said", async () => !(await visible("#recogniser")));
    assert.equal(await visible("#recogniser-warning"), false);
  });

  test("lead to the look-up", async () => {
    await open();
    await page.getByRole("button", { name: "golden-eagle-427", exact: true }).click();
    await becomes("#lookup-answer .found", "golden-eagle-427: on");
  });

  test("are ended by the operator, who is asked first", async () => {
    await open();
    server.sessions[0].state = "away";
    await hurry();
    await until("its speaker is away", async () => (await row("#sessions", "golden-eagle-427"))[1] === "no speaker\nen");
    await page.getByRole("button", { name: "End golden-eagle-427" }).click();
    await becomes("#ask-title", "End the talk golden-eagle-427?");
    await page.click("#ask-cancel");
    assert.equal(asked("DELETE", "/v1/sessions/").length, 0, "nothing happens before it is confirmed");
    await page.getByRole("button", { name: "End golden-eagle-427" }).click();
    await page.click("#ask-confirm");
    await until("it is gone", async () => (await count("#sessions tbody tr")) === 30);
    assert.deepEqual(asked("DELETE", "/v1/sessions/").map(({ path }) => path), ["/v1/sessions/golden-eagle-427"]);
  });

  test("come and go", async () => {
    await open();
    server.sessions = server.sessions.slice(0, 1);
    await hurry();
    await until("one talk", async () => (await count("#sessions tbody tr")) === 1);
    server.sessions = [];
    await hurry();
    await until("none", async () => visible("#sessions-none"));
  });

  test("keep the focus while they are brought up to date", async () => {
    await open();
    const rounds = asked("GET", "/v1/sessions").length;
    await page.getByRole("button", { name: "golden-eagle-427", exact: true }).focus();
    server.sessions = [server.sessions[1], ...server.sessions];
    await hurry();
    await until("two more rounds", async () => asked("GET", "/v1/sessions").length >= rounds + 2);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "golden-eagle-427");
  });
});

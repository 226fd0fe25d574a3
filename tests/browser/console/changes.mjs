// What an operator changes: the switch, the percentage, and the way back.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture } from "../browser.mjs";
import { asked, attack, becomes, count, open, page, server, soon, text, visible, written } from "./page.mjs";

describe("the switch", () => {
  test("asks once and for a reason, then shows who has acknowledged", async () => {
    await open();
    await page.click("#disable");
    assert.equal(await page.evaluate(() => document.activeElement.id), "ask-reason");
    assert.equal(written().length, 0, "nothing happens before it is confirmed");
    await page.fill("#ask-reason", "captions repeat words");
    await page.click("#ask-confirm");
    await becomes("#outcome", /^Disabled at \d\d:\d\d:\d\d, acknowledged by 3 of 3 in 180 ms\.$/);
    assert.deepEqual(written().map(({ method, path, body }) => [method, path, body]),
      [["POST", "/v1/rollout/disable", { reason: "captions repeat words" }]]);
    assert.equal(await page.evaluate(() => document.activeElement.id), "enable");
    await becomes("#percentage", "Off");
    await becomes("#history li >> nth=0", /Disabled[\s\S]*ana[\s\S]*captions repeat words/);
    await picture(page, "console-disabled-1440-light");
    await page.mouse.wheel(0, 1000);
    assert.ok((await page.locator("#outcome").boundingBox()).y > 0, "it is in view wherever the page is");
    await page.click("#seen");
    await becomes("#outcome", "");
  });

  test("needs no reason when there is no time for one", async () => {
    await open();
    await page.click("#disable");
    await page.keyboard.press("Enter");
    await becomes("#outcome", /^Disabled/);
    assert.deepEqual(written()[0].body, {});
  });

  test("names who has not acknowledged", async () => {
    await open();
    server.acknowledgements = [
      { process: "web-1", acknowledged: true, ms: 12 }, { process: attack, acknowledged: false, ms: null }];
    await page.click("#disable");
    await page.click("#ask-confirm");
    await becomes("#outcome", /acknowledged by 1 of 2 in 12 ms; not yet by <img src=x.*, until it reads the flag again/);
    assert.equal(await count("#outcome img"), 0);
  });

  test("can be thought better of", async () => {
    await open();
    await page.click("#disable");
    await page.keyboard.press("Escape");
    assert.equal(await visible("#ask"), false);
    await page.click("#disable");
    await page.click("#ask-cancel");
    assert.equal(await visible("#ask"), false);
    assert.equal(await page.evaluate(() => document.activeElement.id), "disable");
    assert.equal(written().length, 0);
  });

  test("stays on the page, and says so, when it could not be thrown", async () => {
    await open();
    await page.click("#disable");
    await page.fill("#ask-reason", "why not");
    server.gone = true;
    await page.click("#ask-confirm");
    await becomes("#ask-answer", /does not answer, so it may still be on.*sotto rollout --disable/);
    server.gone = false;
    server.instead.set("/v1/rollout/disable", { status: 503, body: { error: { message: "flags.db is read-only" } } });
    await page.click("#ask-confirm");
    await becomes("#ask-answer", "Not disabled: flags.db is read-only.");
    assert.equal(await page.inputValue("#ask-reason"), "why not", "what was typed is kept");
    server.instead.clear();
    await page.click("#ask-confirm");
    await becomes("#outcome", /^Disabled/);
  });

  test("is not thrown twice while the answer is awaited", async () => {
    await open();
    let answer;
    server.hold = ({ path }) => path.endsWith("/disable") ? new Promise((resolve) => (answer = resolve)) : undefined;
    await page.click("#disable");
    await page.click("#ask-confirm");
    await becomes("#ask-answer", /waiting for every process/);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    assert.ok(await visible("#ask"), "what is under way is not hidden");
    answer();
    await becomes("#outcome", /^Disabled/);
    assert.equal(written().length, 1);
  });

  test("is turned on again likewise, with a reason, unless somebody was faster", async () => {
    server.write({ enabled: false }, "marc", "words repeat");
    await open();
    await page.click("#enable");
    assert.match(await text("#ask-text"), /10 %[\s\S]*marc: words repeat/);
    await page.click("#ask-confirm");
    await becomes("#ask-answer", /Say why/);
    server.write({ rollout_percentage: 0 }, "eva", "not yet");
    await page.fill("#ask-reason", "fixed");
    await page.click("#ask-confirm");
    await becomes("#ask-answer", /version 9, not 8: eva changed it at .* \(not yet\)/);
    await page.click("#ask-cancel");
    await becomes("#percentage-note", "0 % once it is enabled");
    await page.click("#enable");
    await page.fill("#ask-reason", "fixed");
    await page.click("#ask-confirm");
    await becomes("#outcome", /^Enabled for 0 % at/);
    assert.deepEqual(written().at(-1).body, { reason: "fixed", if_version: 9 });
    assert.equal(await page.evaluate(() => document.activeElement.id), "disable");
  });
});

describe("the percentage", () => {
  const choose = (value) => page.locator(`#change input[value='${value}']`).check();

  test("is tried without effect, then set with a reason", async () => {
    await open();
    assert.ok(await page.isDisabled("#set"));
    await choose("50");
    await becomes("#preview", /^Percentage 10 → 50 %\. \d+ of 31 live ids would be on; talks that go on keep what they have\.$/);
    assert.deepEqual(asked("PATCH", "/v1/rollout")[0].body,
      { rollout_percentage: 50, if_version: 7, dry_run: true });
    assert.equal(await text("#set"), "Set 50 %");
    await page.click("#set");
    await becomes("#change-answer", /Say why/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "change-reason");
    assert.equal(written().length, 0);
    await page.fill("#change-reason", "phase 2");
    await page.press("#change-reason", "Enter");
    await becomes("#change-answer", /^50 % since/);
    assert.deepEqual(written()[0].body, { rollout_percentage: 50, reason: "phase 2", if_version: 7 });
    await becomes("#percentage", "50 %");
    await becomes("#history li >> nth=0", /Percentage 10 → 50 %[\s\S]*phase 2/);
  });

  test("can be any whole number", async () => {
    await open();
    await choose("other");
    assert.equal(await page.evaluate(() => document.activeElement.id), "other");
    await page.fill("#other", "250");
    await becomes("#preview", "A whole number from 0 to 100.");
    assert.ok(await page.isDisabled("#set"));
    await page.fill("#other", "25");
    await becomes("#preview", /^Percentage 10 → 25 %/);
    await page.fill("#other", "10");
    await becomes("#preview", "It is 10 % already.");
  });

  test("warns where the criteria or the switch speak against it", async () => {
    server.criteria.decision = "hold";
    server.criteria.rollout = null;
    await open();
    await choose("50");
    await becomes("#caution", "The criteria say: hold.");
    await choose("10");
    assert.equal(await visible("#caution"), false, "as it is, there is nothing to warn of");
    server.write({ enabled: false }, "marc", "words repeat");
    await soon("#caution", /disabled/);
  });

  test("is not set over what somebody else has changed, and says who it was", async () => {
    await open();
    await choose("50");
    await becomes("#preview", /^Percentage 10/);
    await page.fill("#change-reason", "phase 2");
    server.hold = async ({ method, body }) => {
      if (method !== "PATCH" || body.dry_run) return;
      server.hold = undefined;
      server.write({ rollout_percentage: 0 }, "marc", "words repeat");
    };
    await page.click("#set");
    await becomes("#change-answer", /Not set: the flag is at version 8, not 7: marc changed it at .* \(words repeat\)/);
    await becomes("#percentage", "0 %");
    await becomes("#preview", /^Percentage 0 → 50 %/);
    assert.equal(await page.inputValue("#change-reason"), "phase 2");
    await page.click("#set");
    await becomes("#change-answer", /^50 % since/);
    assert.equal(written().at(-1).body.if_version, 8);
  });
});

describe("the history", () => {
  test("says who, when, what and why", async () => {
    await open();
    assert.match(await text("#history li >> nth=0"), /^Percentage 0 → 10 %\nana, .*, version 7\nphase 1: canary/);
    assert.match(await text("#history li >> nth=2"), /^Disabled, percentage 10 → 0 %\nmarc/);
    assert.match(await text("#history li >> nth=4"), /^Stability from 0.8 → 0.85/);
    assert.deepEqual((await page.locator("#history li button").allInnerTexts()).slice(0, 3),
      ["Undo", "Back to this", "Back to this"]);
  });

  test("goes back one step, having shown what that changes", async () => {
    await open();
    await page.click("#history li >> nth=0 >> button");
    await becomes("#ask-title", "Undo the last change?");
    assert.equal(await text("#ask-text"), "Percentage 10 → 0 %.");
    assert.equal(written().length, 0);
    await page.fill("#ask-reason", "too early");
    await page.click("#ask-confirm");
    await becomes("#outcome", "Done: Percentage 10 → 0 %.");
    assert.deepEqual(written()[0].body, { reason: "too early", if_version: 7 });
    await becomes("#history li >> nth=0", /version 8\ntoo early/);
  });

  test("goes back to any version, unless somebody was faster", async () => {
    await open();
    await page.getByRole("button", { name: "Back to version 5" }).click();
    await becomes("#ask-text", "Disabled, percentage 10 → 0 %.");
    server.write({ rollout_percentage: 5 }, "eva", "a little");
    await page.click("#ask-confirm");
    await becomes("#ask-answer", /eva changed it/);
    await page.click("#ask-cancel");
    await becomes("#percentage", "5 %");
    await page.getByRole("button", { name: "Back to version 5" }).click();
    await page.click("#ask-confirm");
    await becomes("#outcome", /^Done/);
    assert.deepEqual(written().at(-1).body, { version: 5, if_version: 8 });
  });

  test("says whom going back switches on, and on the button", async () => {
    server.write({ enabled: false }, "ana", "complaints");
    await open();
    await page.click("#history li >> nth=0 >> button");
    await becomes("#ask-title", "Undo the last change?");
    assert.equal(await text("#ask-text"),
      "Enabled.\n\nThis switches early captions ON again, for 10 % of new talks.");
    assert.equal(await text("#ask-confirm"), "Switch on again, 10 %");
    assert.equal(await page.getAttribute("#ask-confirm", "class"), "harm");
    await page.click("#ask-confirm");
    await becomes("#outcome", "Done: Enabled.");
    assert.deepEqual(written().at(-1).body, { if_version: 8, confirm: true });
  });

  test("offers no way back to what was refused", async () => {
    server.versions.splice(1, 0, {
      version: 6.5, changed_by: "vi", changed_at: server.current.changed_at, reason: "", error: "enabled is missing", document: "{}",
    });
    await open();
    assert.match(await text("#history li >> nth=1"), /^Refused: enabled is missing/);
    assert.equal(await visible("#history li >> nth=1 >> button"), false);
  });
});

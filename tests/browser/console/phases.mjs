// The rollout's phases.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../browser.mjs";
import { open, page, server, text, visible } from "./page.mjs";

describe("the phases", () => {
  const steps = () => page.locator("#phases-steps li").evaluateAll((all) => all.map((one) =>
    [...one.children].map((part) => part.textContent).join(" | ")));
  const buttons = () => page.locator("#phases-buttons button").evaluateAll((all) => all.map((one) => one.textContent));

  test("say where the plan is and what comes, and what has happened", async () => {
    await open();
    assert.equal(await text("#phases-status"), "Plan guide: running.");
    assert.deepEqual(await steps(),
      ["canary | 10 % | 4 d of 7 d to go", "gradual | 50 % | 7 d", "full | 100 % | 14 d"]);
    assert.equal(await page.locator("#phases-steps [aria-current=step] strong").textContent(), "canary");
    assert.deepEqual(await buttons(), ["Pause", "Advance", "Give up"]);
    await page.locator("#phases summary").click();
    const events = await page.locator("#phases-events li").evaluateAll((all) => all.map((one) => one.textContent));
    assert.equal(events.length, 3);
    assert.match(events[0], /^Goes on/);
    assert.match(events[2], /^Started, 0 → 10 %ana, .*record 1/);
  });

  test("can be paused, resumed and advanced, with a reason where one is needed", async () => {
    await open();
    await page.locator("#phases-buttons [data-command=pause]").click();
    await page.locator("#ask-reason").fill("lunch");
    await page.locator("#ask-confirm").click();
    await until("the pause", async () => (await text("#phases-status")) === "Plan guide: paused.");
    const asked = server.requests.find(({ path }) => path === "/v1/rollout/phases/pause");
    assert.equal(asked.body.reason, "lunch");
    assert.deepEqual(await buttons(), ["Resume", "Advance", "Give up"]);
    await page.locator("#phases-buttons [data-command=advance]").click();
    await page.locator("#ask-confirm").click();
    assert.match(await text("#ask-answer"), /Say why/);
    await page.locator("#ask-reason").fill("seen enough");
    await page.locator("#ask-confirm").click();
    await until("the advance", async () =>
      (await page.locator("#phases-steps [aria-current=step] strong").textContent()) === "gradual");
    assert.match(await text("#outcome"), /Done: advance/);
  });

  test("are paused by a percentage that is set by hand, and the form says so", async () => {
    await open();
    await page.locator("#change label", { hasText: "50 %" }).click();
    await until("the caution", async () =>
      (await text("#caution")) === "Plan guide is running: a percentage set by hand pauses it.");
  });

  test("say what is about to happen when somebody has changed the flag past the server", async () => {
    Object.assign(server.criteria.rollout, {
      status: "paused", about_to: "The flag was set to 30 % by ana: the rollout will pause.",
    });
    await open();
    assert.equal(await text("#phases-status"), "Plan guide. The flag was set to 30 % by ana: the rollout will pause.");
    assert.deepEqual(await buttons(), ["Resume", "Advance", "Give up"]);
  });

  test("that were taken back say why, and stay so until somebody clears them", async () => {
    Object.assign(server.criteria.rollout, {
      status: "rolled_back", latch: { at: "2026-01-21T09:00:00.000Z", remedy: "disable", phase: "canary", why: "<b>errors</b>" },
    });
    await open();
    assert.match(await text("#phases-latch"), /<b>errors<\/b>/);
    assert.deepEqual(await buttons(), ["Clear the rollback", "Give up"]);
    await page.locator("#phases-buttons [data-command=clear]").click();
    await page.locator("#ask-reason").fill("mended in 0.1.5");
    await page.locator("#ask-confirm").click();
    await until("the latch to go", async () => !(await visible("#phases-latch")));
  });

  test("of no plan offer the guide’s", async () => {
    server.criteria.rollout = null;
    await open();
    assert.match(await text("#phases-status"), /No plan is running/);
    assert.deepEqual(await buttons(), ["Start the guide’s plan"]);
  });
});

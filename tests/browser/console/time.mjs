// Figures that get old, and a server that is gone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { asked, becomes, count, decision, knock, open, page, row, server, text, visible } from "./page.mjs";

describe("time", () => {
  test("greys out what is older than two minutes, and \"safe\" is not safe any more", async () => {
    await page.clock.install();
    server.takenAt = "2026-01-21T13:00:00.000Z";
    await open();
    assert.match(await text("#criteria .taken"), /taken at 14:00:00$/);
    await page.clock.fastForward(60_000);
    await becomes("#criteria .taken", /taken at 14:00:00, 1 min ago$/);
    assert.equal(await page.locator("#criteria[data-stale]").count(), 0);
    await page.clock.fastForward(61_000);
    await becomes("#criteria .taken", /2 min ago: out of date$/);
    assert.equal(await page.locator("#criteria[data-stale]").count(), 1);
    assert.equal(await text("#word"), "Not known");
    assert.equal(await text("#why"), "2 min ago it was: safe to go on.");
    await until("new alarms", async () => (await page.locator("#alarms[data-stale]").count()) === 0);
    const colour = (selector) => page.$eval(selector, (element) => getComputedStyle(element).color);
    assert.notEqual(await colour("#criteria tbody td"), await colour("#history li strong"));
    server.takenAt = "2026-01-21T13:02:01.000Z";
    await page.clock.runFor(3_000);
    await becomes("#word", "Safe to go on");
    assert.equal(await page.locator("#criteria[data-stale]").count(), 0);
  });

  test("goes on with what is known when the server is gone, says how old that is, and comes back", async () => {
    await page.clock.install();
    await open();
    server.gone = true;
    await page.clock.runFor(3_000);
    await page.waitForSelector("#unreachable:not([hidden])");
    assert.match(await text("#unreachable"), /The server does not answer\. Trying again by itself\./);
    assert.match(await text("#unreachable-age"), /^What is shown is \d+ s old\.$/);
    assert.equal((await row("#criteria", "p95 latency"))[1], "1.4 s");
    await page.clock.fastForward(150_000);
    await becomes("#unreachable-age", "What is shown is 2 min old.");
    for (const id of ["criteria", "alarms", "charts", "sessions", "percentage-now"]) {
      assert.equal(await page.locator(`#${id}[data-stale]`).count(), 1, id);
    }
    assert.equal(await decision(), "unknown");
    await picture(page, "console-unreachable-1440-light");
    server.gone = false;
    await page.click("#try-now");
    await until("the server again", async () => !(await visible("#unreachable")));
    assert.equal(await page.locator("[data-stale]").count(), 0);
    assert.equal(await decision(), "go_on");
  });

  test("asks every two seconds, ever more slowly while nobody answers, and not at all when hidden", async () => {
    await page.addInitScript(() => (Math.random = () => 1));
    await page.clock.install();
    await open();
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 60_000));
    const rounds = () => asked("GET", "/v1/rollout/criteria").length;
    /** Lets time go on until the page asks, and says how much it was. */
    const untilItAsks = async () => {
      const before = rounds();
      let passed = 0;
      await until("a round", async () => {
        if (rounds() > before) return true;
        await page.clock.runFor(250);
        passed += 250;
        return false;
      }, { seconds: 60 });
      return passed;
    };
    await untilItAsks();
    const usual = await untilItAsks();
    assert.ok(usual >= 1_750, `${usual} ms`);
    server.gone = true;
    await untilItAsks();
    // Less by chance, which has no say here.
    const second = await untilItAsks();
    assert.ok(second >= 3_750, `after one failure ${second} ms`);
    const third = await untilItAsks();
    assert.ok(third >= 7_750, `after two ${third} ms`);
    server.gone = false;
    const hide = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await hide(true);
    const before = server.requests.length;
    await page.clock.runFor(120_000);
    assert.equal(server.requests.length, before);
    const seen = rounds();
    await hide(false);
    await until("a round at once", async () => rounds() > seen);
    await until("the server again", async () => !(await visible("#unreachable")));
  });

  test("does not wait for one call with the others", async () => {
    const held = [];
    server.hold = ({ path }) => path === "/v1/rollout" && held.length > 0 ? new Promise(() => {}) : held.push(path) && undefined;
    await page.goto(`${server.address}/console`);
    await knock();
    await until("the rest", async () => (await decision()) === "go_on" && (await count("#alarms li")) === 5);
    await page.click("#disable");
    assert.ok(await visible("#ask"), "the switch is at hand");
  });
});

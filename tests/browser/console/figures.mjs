// What the console shows: the top line, the criteria, the alarms and the charts.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import {
  asked, becomes, decision, hurry, knock, open, page, row, server, soon, text, visible,
} from "./page.mjs";

describe("the top line", () => {
  test("says how far it is, whether to go on, and why", async () => {
    await open();
    assert.equal(await text("#percentage"), "10 %");
    assert.equal(await text("#phase"), "Canary, since 19 Jan, 10:00");
    assert.equal(await text("#percentage-note"), "version 7, in force in 3 of 3 processes");
    assert.equal(await decision(), "go_on");
    assert.equal(await text("#word"), "Safe to go on");
    assert.equal(await text("#why"), "All 9 criteria pass.");
    assert.equal(await page.title(), "Safe to go on · 10 % · Sotto console");
    assert.equal(await page.getAttribute("#word", "role"), "status");
    assert.equal(await text("#environment"), "production");

    server.criteria.decision = "hold";
    server.criteria.why = "Not enough data yet: p95 latency.";
    await soon("#word", "Hold");
    assert.equal(await text("#why"), "Not enough data yet: p95 latency.");
    server.criteria.decision = "roll_back";
    await soon("#word", "Roll back");
    assert.equal(await decision(), "roll_back");
  });

  test("does not say \"safe\" of what the server has not said", async () => {
    server.criteria.decision = "perhaps";
    await page.goto(`${server.address}/console`);
    await knock();
    await becomes("#why", /form that this page does not know/);
    assert.equal(await text("#word"), "Not known");
    server.instead.set("/v1/rollout/criteria", { status: 503, body: { error: { message: "metrics.db is locked" } } });
    await soon("#why", "The server says: metrics.db is locked.");
    assert.equal(await decision(), "unknown");
    assert.match(await text("#criteria .trouble"), /metrics\.db is locked/);
  });

  test("says when it is off, and by what", async () => {
    await open();
    server.inForce = { enabled: false, environment_off: true };
    await soon("#percentage", "Off");
    assert.match(await text("#percentage-note"), /PARTIAL_RESULTS_ENABLED=false/);
    assert.ok(await visible("#disable"), "the switch is on, so it can be turned off");
    server.inForce = {};
    server.write({ enabled: false }, "marc", "words repeat");
    await soon("#percentage-note", "10 % once it is enabled");
    assert.equal(await text("#percentage"), "Off");
  });

  test("says which processes lag behind, and what holds while the store is down", async () => {
    await open();
    server.instead.set("/v1/rollout", { status: 200, body: {
      ...server.status(), in_force: { version: 7, source: "store", enabled: true, environment_off: false },
      processes: [{ process: "a", version: 7 }, { process: "b", version: 6 }],
    } });
    await soon("#percentage-note", "version 7, in force in 1 of 2 processes");
    server.instead.set("/v1/rollout", { status: 200, body: {
      ...server.status(), in_force: { version: 6, rollout_percentage: 50, source: "store", enabled: true, environment_off: false },
    } });
    await soon("#percentage-note", "version 7; this server still goes by 50 %");
    server.instead.set("/v1/rollout", { status: 503, body: {
      error: { code: "unavailable", message: "flags.db cannot be opened", field: "store" },
      in_force: { version: 7, source: "store", enabled: true, environment_off: false },
    } });
    await soon("#store-down", "The flag cannot be read: flags.db cannot be opened. This server goes on with version 7.");
    assert.ok(await visible("#disable"));
    server.instead.clear();
    await hurry();
    await until("the store again", async () => !(await visible("#store-down")));
  });
});

describe("the criteria", () => {
  test("are a table of figures with their units, limits, intervals, samples and verdicts", async () => {
    await open();
    assert.deepEqual(await row("#criteria", "p95 latency"),
      ["p95 latency", "1.4 s", "5 s", "1.4 s against 3.9 s", "812 / 7,001", "Pass"]);
    assert.deepEqual(await row("#criteria", "canary to control"),
      ["Latency of sessions, canary to control", "0.36 ×", "1.5 ×", "surely 0.31 × to 0.42 ×", "41 / 377", "Pass"]);
    assert.deepEqual(await row("#criteria", "Sessions with errors"),
      ["Sessions with errors, not above control", "2.4 %", "–", "2.4 % against 2.9 %\nsurely −2.1 to +3.1 points of control's", "41 / 377", "Pass"]);
    assert.deepEqual(await row("#criteria", "Alarms"), ["Alarms", "0", "0", "–", "–", "Pass"]);
    assert.deepEqual(await row("#criteria", "Orphaned"),
      ["Orphaned results, worst session", "1/session", "10/session", "1 against 0/session", "41 / 377", "Pass"]);
    assert.deepEqual(await row("#criteria", "Cost"),
      ["Cost per listener-hour", "$0.062", "$0.10", "$0.062 against $0.048\nsurely $0.055 to $0.069", "41 / 377", "Pass"]);
    assert.deepEqual(await row("#criteria", "cache"),
      ["Translation cache hits", "41.5 %", "at least 30 %", "41.5 % against 44.2 %", "812 / 7,001", "Pass"]);
    assert.match(await text("#criteria .taken"),
      /^Of the phase, and of the last 60 min; live now: 3 canary talks, 28 in control, taken at \d\d:\d\d:\d\d$/);
  });

  test("say what is inconclusive, what could be hidden, and that control has it too", async () => {
    const [, ratio, errors] = server.criteria.criteria;
    Object.assign(ratio, {
      interval: { low: 0.8, high: 1.6 }, verdict: "inconclusive",
      why: "Inconclusive: a latency up to +31 % could be hidden, at 95 %. About 40 sessions more would tell.",
    });
    Object.assign(errors, { verdict: "fail", both_arms: true, why: "Both arms have it: it is around the feature." });
    Object.assign(server.criteria.criteria[3], { verdict: "voided" });
    await open();
    assert.deepEqual(await row("#criteria", "canary to control"),
      [`Latency of sessions, canary to control\n${ratio.why}`, "0.36 ×", "1.5 ×", "surely 0.8 × to 1.6 ×", "41 / 377",
        "Inconclusive"]);
    assert.deepEqual([(await row("#criteria", "Sessions with errors"))[0], (await row("#criteria", "Alarms"))[5]],
      [`Sessions with errors, not above control\n${errors.why}`, "Void"]);
    await picture(page, "console-inconclusive");
  });

  test("say in a word and a drawing what fails, and what is not known yet", async () => {
    Object.assign(server.criteria.criteria[0], { canary: 6200, verdict: "fail" });
    Object.assign(server.criteria.criteria[5], { canary: null, control: null, samples: { canary: 2, control: 0 }, verdict: "not_enough_data" });
    await open();
    assert.deepEqual((await row("#criteria", "p95 latency"))[5], "Fail");
    assert.deepEqual(await row("#criteria", "Orphaned"),
      ["Orphaned results, worst session", "–", "10/session", "–", "2 / 0", "Not enough data"]);
    server.criteria.criteria[0].why = "It fails now, which leads to a step back.";
    await hurry();
    await until("the explanation", async () =>
      (await row("#criteria", "p95 latency"))[0] === "p95 latency\nIt fails now, which leads to a step back.");
    const drawings = await page.locator("#criteria .verdict path").evaluateAll((all) => all.map((path) => path.getAttribute("d")));
    assert.equal(new Set(drawings).size, 3);
  });
});

describe("the alarms", () => {
  test("that are on come first, with since when and how far past the threshold", async () => {
    await open();
    assert.equal(await text("#alarms h2"), "Alarms: none on");
    assert.match(await text("#alarms li >> nth=0"), /No data/);
    Object.assign(server.alarms[1], {
      state: "ALARM", value: 240, since: new Date(Date.now() - 12 * 60_000 - 5_000).toISOString(),
    });
    await soon("#alarms h2", "Alarms: 1 on");
    const first = await text("#alarms li >> nth=0");
    assert.match(first, /^On/);
    assert.match(first, /audio-transcription-rate-limit-high/);
    assert.match(first, /240\/min, threshold 100\/min; since .*\d\d:\d\d \(12 min\)/);
  });
});

describe("the charts", () => {
  test("have a legend with figures, and a summary for those who do not see them", async () => {
    await open();
    assert.deepEqual(await page.locator("#charts figcaption").evaluateAll((all) => all.map((one) => one.firstChild.textContent)), [
      "Latency, from word to caption", "Word lag, from a word’s end to its first caption", "Errors and fallbacks a minute",
      "Dropped a minute, orphaned in a talk", "Cost per listener-hour, cache hits"]);
    assert.match(await text(".legend li >> nth=0"), /^canary p95 [\d.]+ m?s$/);
    assert.match(await text("figure:nth-child(5) .legend li >> nth=2"), /^canary hits [\d.]+ %$/);
    const dashes = await page.locator("figure:first-child .legend path")
      .evaluateAll((all) => all.map((path) => path.getAttribute("stroke-dasharray")));
    assert.equal(new Set(dashes).size, 4, "lines differ without colour");
    const plot = page.locator(".plot").first();
    assert.equal(await plot.getAttribute("role"), "img");
    const summary = await page.locator(`#${await plot.getAttribute("aria-describedby")}`).textContent();
    assert.match(summary, /canary p95: [\d.]+ m?s to [\d.]+ m?s, last [\d.]+ m?s, in 168 of 180 points\./);
    assert.match(summary, /Changes of the flag: 10 % at .*, off at .*, on at .*, 10 % at .*\.$/);
  });

  test("reach as far as is chosen, together", async () => {
    await open();
    await page.locator("#range input[value='1440']").check();
    await until("a day's series", async () => asked("GET", "/v1/metrics/series?minutes=1440").length > 0);
    await becomes("#charts .taken", /^The worst minute of every 10, taken at/);
    assert.match(await page.textContent("#summary-latency"), /in 14[345] of 14[45] points/);
    await page.locator("#range input[value='60']").check();
    await becomes("#charts .taken", /^Taken at/);
    assert.match(await page.textContent("#summary-errors"), /points/);
    assert.equal(asked("GET", "/v1/metrics/series?minutes=60").length, 1);
  });

  test("show the values of one minute under the pointer, all five", async () => {
    await open();
    await page.locator("#charts").scrollIntoViewIfNeeded();
    assert.deepEqual(await page.locator(".when").allInnerTexts(), ["latest", "latest", "latest", "latest", "latest"]);
    const height = () => page.locator("#grid").evaluate((grid) => grid.clientHeight);
    const before = await height();
    await page.locator(".u-over").first().hover({ position: { x: 40, y: 40 } });
    await until("the minute, in all", async () =>
      (await page.locator(".when").allInnerTexts()).every((when) => /^at \d\d:\d\d$/.test(when)));
    assert.equal(new Set(await page.locator(".when").allInnerTexts()).size, 1);
    assert.equal(await height(), before, "nothing moves under the pointer");
  });

  test("show nothing where nothing was measured", async () => {
    const usual = server.series;
    server.series = (minutes) => {
      const series = usual(minutes);
      for (const values of Object.values(series.arms.canary)) values.fill(null);
      for (const name of ["errors", "fallbacks"]) series.arms.control[name].fill(null);
      return series;
    };
    await open();
    assert.equal(await text(".legend li >> nth=0"), "canary p95 –");
    assert.match(await page.textContent("#summary-latency"), /canary p95: nothing measured\./);
    await page.locator("#charts").evaluate((charts) => charts.scrollIntoView());
    await picture(page, "console-nothing-1440-light");
  });

  test("are drawn in the colours of the page, light and dark", async () => {
    await open();
    const drawn = () => page.locator(".plot canvas").first().evaluate((canvas) => canvas.toDataURL());
    const light = await drawn();
    await page.click("#theme");
    await page.click("#theme");
    assert.equal(await page.getAttribute("html", "data-theme"), "dark");
    await until("other colours", async () => (await drawn()) !== light);
  });
});

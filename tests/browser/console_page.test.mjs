// The operator's console in Chromium, against a server that says what each test wants.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openBrowser, picture, until } from "./browser.mjs";
import { ConsoleServer, token } from "./fake/console_server.mjs";

const attack = `<img src=x onerror="document.title='broken'"><b>bold</b>&amp;`;

let browser;
let server;
let context;
let page;
let problems;

before(async () => {
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
});

async function newPage(options = {}) {
  await context?.close();
  context = await browser.newContext({
    locale: "en-GB", timezoneId: "Europe/Madrid", viewport: { width: 1440, height: 900 }, ...options,
  });
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${server.address}/`)) problems.push(`request to ${request.url()}`);
    if (request.url().includes(token)) problems.push(`the token is in ${request.url()}`);
  });
}

beforeEach(async () => {
  problems = [];
  server = await ConsoleServer.start();
  await newPage();
});

afterEach(async () => {
  await context.close();
  context = undefined;
  server.hold = undefined;
  await server.stop();
  assert.deepEqual(problems, []);
});

const text = (selector) => page.locator(selector).first().innerText();
const visible = (selector) => page.locator(selector).first().isVisible();
const count = (selector) => page.locator(selector).count();
const becomes = (selector, wanted) => until(`${selector} to say ${wanted}`, async () => {
  const said = await text(selector);
  return wanted instanceof RegExp ? wanted.test(said) : said === wanted;
});
const decision = () => page.getAttribute("#decision", "data-decision");
const asked = (method, path) =>
  server.requests.filter((request) => request.method === method && request.path.startsWith(path));
const written = () => server.requests.filter(({ method, body }) => method !== "GET" && !body.dry_run);

/** The page asks for everything now, not when it is time to. */
const hurry = () => page.evaluate(() => dispatchEvent(new Event("online")));
const soon = async (selector, wanted) => {
  await hurry();
  await becomes(selector, wanted);
};

async function knock(given = token, name = "ana") {
  await page.fill("#token", given);
  await page.fill("#by", name);
  await page.press("#token", "Enter");
}

/** Opens the console and waits until every part of it has its figures. */
async function open() {
  await page.goto(`${server.address}/console`);
  await knock();
  await filled();
}

async function filled() {
  await until("figures everywhere", async () =>
    (await count("#criteria tbody tr")) > 0 && (await count("#alarms li")) > 0 &&
    (await count("#history li")) > 0 && (await count(".plot canvas")) === 4 &&
    (await decision()) !== "unknown" && (await text("#sessions .taken")) !== "");
}

/** The texts of a table's row. */
const row = (table, name) => page.locator(`${table} tbody tr`, { has: page.locator("th", { hasText: name }) })
  .locator("th, td").allInnerTexts();

describe("the door", () => {
  test("asks for the token, says where it is, and says when it is wrong", async () => {
    await page.goto(`${server.address}/console`);
    assert.equal(await page.evaluate(() => document.activeElement.id), "token");
    assert.equal(await page.getAttribute("#token", "type"), "password");
    assert.match(await text("#gate-hint"), /the file that sotto serve names/);
    assert.equal(await visible("#desk"), false);

    await page.press("#token", "Enter");
    await becomes("#gate-answer", /Type the token/);
    await knock("wrong");
    await becomes("#gate-answer", /not right.*sotto serve names/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "token");
    assert.equal(await page.getAttribute("#token", "aria-invalid"), "true");
    await knock("señal—wrong");
    await becomes("#gate-answer", /not right/);
    assert.equal(asked("GET", "/v1/rollout").length, 1, "what cannot be a token is not sent");

    await knock();
    await filled();
    assert.equal(await visible("#gate"), false);
  });

  test("keeps the token in this tab alone, and sends it as a bearer's", async () => {
    await open();
    assert.ok(server.requests.filter(({ path }) => path.startsWith("/v1/"))
      .every(({ authorization }) => authorization === `Bearer ${token}`));
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    assert.equal(await page.inputValue("#token"), "");
    await page.reload();
    await filled();
    const other = await context.newPage();
    await other.goto(`${server.address}/console`);
    await other.waitForSelector("#gate:not([hidden])");
    await other.close();
  });

  test("is there again when the token is forgotten, or is not right any more", async () => {
    await open();
    server.instead.set("/v1/alarms", { status: 403, body: { error: { code: "permission_denied" } } });
    await page.waitForSelector("#gate:not([hidden])");
    await becomes("#gate-answer", /not right/);
    assert.equal(await visible("#desk"), false);
    server.instead.clear();
    await knock();
    await filled();
    await page.click("#leave");
    await page.waitForSelector("#gate:not([hidden])");
    assert.equal(await page.evaluate(() => sessionStorage.getItem("sotto.console.token")), null);
    assert.equal(await text("#criteria tbody").catch(() => ""), "");
  });

  test("says when the server does not answer", async () => {
    await page.goto(`${server.address}/console`);
    await context.setOffline(true);
    await knock();
    await becomes("#gate-answer", /does not answer/);
    await context.setOffline(false);
    await page.click("#enter");
    await filled();
    server.gone = true;
    await page.reload();
    await becomes("#unreachable-age", "Nothing has come yet.");
    assert.equal(await text("#word"), "Not known");
    assert.ok(await visible("#disable"));
  });
});

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
      ["Sessions with errors, not above control", "2.4 %", "–", "2.4 % against 2.9 %\nsurely up to 3.1 ×", "41 / 377", "Pass"]);
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

  test("say in a word and a drawing what fails, and what is not known yet", async () => {
    Object.assign(server.criteria.criteria[0], { canary: 6200, verdict: "fail" });
    Object.assign(server.criteria.criteria[5], { canary: null, control: null, samples: { canary: 2, control: 0 }, verdict: "not_enough_data" });
    await open();
    assert.deepEqual((await row("#criteria", "p95 latency"))[5], "Fail");
    assert.deepEqual(await row("#criteria", "Orphaned"),
      ["Orphaned results, worst session", "–", "10/session", "–", "2 / 0", "Not enough data"]);
    const drawings = await page.locator("#criteria .verdict path").evaluateAll((all) => all.map((path) => path.getAttribute("d")));
    assert.equal(new Set(drawings).size, 3);
  });
});

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

  test("show the values of one minute under the pointer, all four", async () => {
    await open();
    await page.locator("#charts").scrollIntoViewIfNeeded();
    assert.deepEqual(await page.locator(".when").allInnerTexts(), ["latest", "latest", "latest", "latest"]);
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
      [["POST", "/v1/rollout/disable", { reason: "captions repeat words", by: "ana" }]]);
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
    assert.deepEqual(written()[0].body, { by: "ana" });
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
    assert.deepEqual(written().at(-1).body, { reason: "fixed", if_version: 9, by: "ana" });
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
      { rollout_percentage: 50, if_version: 7, dry_run: true, by: "ana" });
    assert.equal(await text("#set"), "Set 50 %");
    await page.click("#set");
    await becomes("#change-answer", /Say why/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "change-reason");
    assert.equal(written().length, 0);
    await page.fill("#change-reason", "phase 2");
    await page.press("#change-reason", "Enter");
    await becomes("#change-answer", /^50 % since/);
    assert.deepEqual(written()[0].body, { rollout_percentage: 50, reason: "phase 2", if_version: 7, by: "ana" });
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
    assert.deepEqual(written()[0].body, { reason: "too early", if_version: 7, by: "ana" });
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
    assert.deepEqual(written().at(-1).body, { version: 5, if_version: 8, by: "ana" });
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

describe("the look-up", () => {
  test("says why a talk is on or off, however its code is typed", async () => {
    await open();
    await page.fill("#lookup-id", " Golden Eagle 427");
    await page.press("#lookup-id", "Enter");
    await becomes("#lookup-answer .found", "golden-eagle-427: on");
    const bucket = asked("GET", "/v1/rollout/explain/golden-eagle-427").length;
    assert.equal(bucket, 1);
    assert.match(await text("#lookup-answer"), /The talk is live and on, by version 7 of the flag: its bucket, \d+, is below the percentage\. Only Disable/);
    await page.fill("#lookup-id", "nobody-knows-1");
    await page.press("#lookup-id", "Enter");
    await becomes("#lookup-answer", /A talk nobody-knows-1 that began now would be off: its bucket, \d+, is not below 10 % \(version 7 of the flag\)\.\s+No talk with this code is known here\./);
    await page.fill("#lookup-id", "");
    await page.press("#lookup-id", "Enter");
    await becomes("#lookup-answer", /such as golden-eagle-427/);
  });

  test("explains every reason in words", async () => {
    await open();
    const answers = {
      disabled: /disabled for everybody/, environment_off: /PARTIAL_RESULTS_ENABLED=false/,
      override_on: /override for this talk says on/, override_off: /says off/, fallback: /no flag/,
    };
    for (const [reason, words] of Object.entries(answers)) {
      server.instead.set("/v1/rollout/explain/a", { status: 200, body: {
        session_id: "a", bucket: 3, rollout_percentage: 10, enabled: reason === "override_on", reason, version: 7 } });
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
    await page.getByRole("button", { name: "golden-eagle-427" }).click();
    await becomes("#lookup-answer .found", "golden-eagle-427: on");
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
    await page.getByRole("button", { name: "golden-eagle-427" }).focus();
    server.sessions = [server.sessions[1], ...server.sessions];
    await hurry();
    await until("two more rounds", async () => asked("GET", "/v1/sessions").length >= rounds + 2);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "golden-eagle-427");
  });
});

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

describe("the page", () => {
  test("shows markup as the text it is", async () => {
    server.environment = attack;
    server.criteria.why = attack;
    server.criteria.phase.name = attack;
    server.criteria.criteria[0].title = attack;
    server.criteria.criteria[0].unit = attack;
    server.alarms[0].meaning = attack;
    server.write({ rollout_percentage: 11 }, attack, attack);
    server.sessions[0] = { ...server.sessions[0], session_id: attack, arm: attack, state: attack };
    await open();
    for (const selector of ["#environment", "#why", "#criteria tbody th", "#alarms li[data-state=OK] .meaning", "#history li", "#sessions tbody th"]) {
      assert.ok((await text(selector)).includes(attack), selector);
    }
    await page.locator("#sessions button.link").first().click();
    await becomes("#lookup-answer", /img-src|<img/);
    assert.equal(await count("#desk img, #desk b, #desk script"), 0);
    assert.match(await page.title(), /Sotto console$/);
  });

  test("survives answers that make no sense", async () => {
    await open();
    for (const body of [null, [], 7, "text", { criteria: "all", alarms: {}, sessions: 3, versions: null, times: "now" }]) {
      for (const path of ["/v1/rollout", "/v1/rollout/criteria", "/v1/alarms", "/v1/sessions", "/v1/rollout/history", "/v1/metrics/series"]) {
        server.instead.set(path, { status: 200, body });
      }
      await soon("#sessions .trouble", /form that this page does not know/);
      server.instead.clear();
      await hurry();
      await until("figures again", async () => (await decision()) === "go_on" && (await text("#sessions .trouble").catch(() => "")) === "");
    }
  });

  test("works with the keyboard alone", async () => {
    await page.goto(`${server.address}/console`);
    await page.keyboard.type(token);
    await page.keyboard.press("Tab");
    await page.keyboard.type("ana");
    await page.keyboard.press("Enter");
    await filled();
    const focused = () => page.evaluate(() => {
      const { id, value, name, textContent } = document.activeElement;
      return id || (name ? `${name}=${value}` : textContent);
    });
    const tabTo = async (wanted) => {
      for (let i = 0; i < 120 && (await focused()) !== wanted; ++i) await page.keyboard.press("Tab");
      assert.equal(await focused(), wanted);
      const outline = await page.evaluate(() => {
        const focusedStyle = getComputedStyle(document.activeElement);
        const next = document.activeElement.nextElementSibling;
        return `${focusedStyle.outlineStyle} ${next ? getComputedStyle(next).outlineStyle : ""}`;
      });
      assert.match(outline, /solid/, `the focus on ${wanted} is seen`);
    };
    await tabTo("percentage=10");
    await page.keyboard.press("ArrowRight");
    await becomes("#preview", /10 → 50 %/);
    await tabTo("change-reason");
    await page.keyboard.type("phase 2");
    await page.keyboard.press("Enter");
    await becomes("#percentage", "50 %");
    await tabTo("disable");
    await page.keyboard.press("Enter");
    await page.keyboard.type("words repeat");
    await page.keyboard.press("Enter");
    await becomes("#outcome", /acknowledged by 3 of 3/);
    await tabTo("enable");
  });

  test("names everything that can be used", async () => {
    await open();
    const nameless = await page.locator("button:visible, input:visible, [role=group]:visible").evaluateAll((all) => all
      .filter((one) => !one.textContent.trim() && !one.getAttribute("aria-label") && !one.labels?.length && !one.getAttribute("aria-labelledby"))
      .map((one) => one.outerHTML));
    assert.deepEqual(nameless, []);
    assert.deepEqual(await page.locator("h2:visible").allInnerTexts(), [
      "Success criteria", "Alarms: none on", "Phases", "Set the percentage", "Why is a talk on or off?", "History",
      "Minute by minute", "Live talks"]);
  });

  const scenes = {
    "go-on": () => {},
    hold: () => {
      server.criteria.decision = "hold";
      server.criteria.why = "Not enough data yet: Thumbs down, of up and down.";
      Object.assign(server.criteria.criteria[6], { verdict: "not_enough_data", samples: { canary: 4, control: 190 } });
    },
    "roll-back": () => {
      server.criteria.decision = "roll_back";
      server.criteria.why = "Failed: p95 latency; Alarms that are on.";
      Object.assign(server.criteria.criteria[0], { canary: 6200, interval: [2100, 2600], verdict: "fail" });
      Object.assign(server.criteria.criteria[2], { canary: 1, verdict: "fail" });
      Object.assign(server.alarms[0], { state: "ALARM", value: 6200, since: new Date(Date.now() - 700_000).toISOString() });
    },
    off: () => {
      server.write({ enabled: false }, "marc", "captions repeat words in two talks");
      server.criteria.decision = "hold";
      server.criteria.why = "The feature is off: every new session gets finals only.";
      server.criteria.phase = { name: "off", percentage: 0, since: new Date().toISOString() };
    },
  };
  for (const [width, height] of [[360, 740], [1440, 900], [1920, 1080]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`fits ${width}×${height}, ${colorScheme}`, async () => {
        await newPage({ viewport: { width, height }, colorScheme });
        await page.goto(`${server.address}/console`);
        await page.waitForSelector("#gate:not([hidden])");
        await picture(page, `console-door-${width}-${colorScheme}`);
        await knock();
        await filled();
        for (const [name, set] of Object.entries(scenes)) {
          const usual = { criteria: server.criteria, alarms: server.alarms, versions: server.versions };
          Object.assign(server, structuredClone(usual));
          set();
          await soon("#why", server.criteria.why);
          await becomes("#percentage", name === "off" ? "Off" : "10 %");
          await fits(width);
          for (const selector of ["#word", "#why", "#switch button:visible", "#phase"]) {
            assert.ok((await contrast(selector)) >= 7, `${name}: contrast of ${selector}: ${await contrast(selector)}`);
          }
          await picture(page, `console-${name}-${width}-${colorScheme}`);
          Object.assign(server, usual);
        }
        await soon("#percentage", "10 %");
        for (const selector of [".taken", "thead th", ".verdict", ".small", ".legend li", "#alarms .state", "button.link"]) {
          assert.ok((await contrast(selector)) >= 7, `contrast of ${selector}: ${await contrast(selector)}`);
        }
        await page.locator("#charts").evaluate((charts) => charts.scrollIntoView());
        assert.ok(await visible("#switch"));
        const place = await page.locator("#switch").boundingBox();
        assert.ok(place.y >= 0 && place.y + place.height <= height, "the switch is always at hand");
        await picture(page, `console-charts-${width}-${colorScheme}`);
        await page.click("#disable");
        await picture(page, `console-question-${width}-${colorScheme}`);
        await fits(width);
      });
    }
  }

  test("scrolls sideways at no width", async () => {
    await open();
    for (const width of [320, 480, 700, 768, 1024, 1100, 1600]) {
      await page.setViewportSize({ width, height: 800 });
      await fits(width);
    }
  });

  async function fits(width) {
    // The charts take a moment to follow the window.
    await until(`no horizontal scrolling at ${width}`, async () =>
      (await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
  }

  /** WCAG's contrast of an element's text with what is behind it. */
  function contrast(selector) {
    return page.locator(selector).first().evaluate((element) => {
      const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
      const luminance = (colour) => {
        const [r, g, b] = channels(colour).slice(0, 3).map((value) => {
          const c = value / 255;
          return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      let behind = element;
      while (channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
      const [dark, light] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]
        .map(luminance).sort((a, b) => a - b);
      return (light + 0.05) / (dark + 0.05);
    });
  }
});

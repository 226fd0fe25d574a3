// The page as a whole: markup, nonsense, the keyboard, names, sizes and colours.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { token } from "../fake/console_server.mjs";
import { contrastOf } from "../pages.mjs";
import {
  attack, becomes, count, decision, filled, hurry, knock, newPage, open, page, server, soon, text,
  visible,
} from "./page.mjs";

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
            assert.ok((await contrastOf(page, selector)) >= 7, `${name}: contrast of ${selector}: ${await contrastOf(page, selector)}`);
          }
          await picture(page, `console-${name}-${width}-${colorScheme}`);
          Object.assign(server, usual);
        }
        await soon("#percentage", "10 %");
        for (const selector of [".taken", "thead th", ".verdict", ".small", ".legend li", "#alarms .state", "button.link"]) {
          assert.ok((await contrastOf(page, selector)) >= 7, `contrast of ${selector}: ${await contrastOf(page, selector)}`);
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
});

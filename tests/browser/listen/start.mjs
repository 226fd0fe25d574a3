// The start page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { newPage, page, server } from "./page.mjs";

describe("the start page", () => {
  test("forgives how a code is typed", async () => {
    for (const typed of ["golden-eagle-427", "  Golden Eagle 427 ", "GoldenEagle427", "golden_eagle427"]) {
      await page.goto(`${server.address}/`);
      await page.fill("#code", typed);
      await page.press("#code", "Enter");
      await page.waitForURL(`${server.address}/listen/${id}`);
    }
  });

  test("says what is wrong with a code, and lets it be mended", async () => {
    await page.goto(`${server.address}/`);
    await page.click("#join");
    assert.match(await page.textContent("#answer"), /Type the talk’s code/);
    await page.fill("#code", "silver heron 100");
    await page.click("#join");
    await until("the answer", async () => /no talk with the code silver-heron-100/.test(await page.textContent("#answer")));
    assert.equal(await page.getAttribute("#code", "aria-invalid"), "true");
    server.down = true;
    await page.click("#join");
    await until("the answer", async () => /does not answer/.test(await page.textContent("#answer")));
    assert.equal(await page.isEnabled("#join"), true);
  });

  test("offers the demo when one is on, and only then", async () => {
    await page.goto(`${server.address}/`);
    await until("asked", () => server.requests.includes("/v1/demo"));
    assert.equal(await page.isVisible("#demo"), false);
    server.demo = id;
    await page.reload();
    await page.click("#demo-link");
    await page.waitForURL(`${server.address}/listen/${id}`);
  });

  test("leads to a talk that says that it is a recording, while it plays", async () => {
    server.sessions.get(id).recording = true;
    const arrival = server.listener();
    await page.goto(`${server.address}/listen/${id}?lang=en`);
    const listener = await arrival;
    await until("the words", () => page.isVisible("#recording"));
    assert.equal(await page.textContent("#recording"), "Recording, repeats");
    assert.ok(await page.$eval("#recording", (line) => line.scrollWidth <= line.clientWidth), "none of it is cut off");
    await picture(page, "listen-recording-360");
    listener.status("ended");
    await until("they are gone", async () => !(await page.isVisible("#recording")));
  });

  test("fits a phone and speaks Catalan", async () => {
    server.demo = id;
    await newPage({ locale: "ca-ES" });
    await page.goto(`${server.address}/`);
    await page.waitForSelector("#demo:visible");
    assert.equal(await page.textContent("h1"), "Seguiu una xerrada");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await picture(page, "start-360");
  });
});

// A page that is loaded anew while the talk goes on.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { token } from "../fake/speak_server.mjs";
import { becomes, page, rate, server, speak } from "./page.mjs";

describe("a reload", () => {
  /** Reloads a live talk, which the browser asks about first. */
  async function reload() {
    const asked = [];
    page.once("dialog", (dialog) => {
      asked.push(dialog.type());
      return dialog.accept();
    });
    await page.reload();
    assert.deepEqual(asked, ["beforeunload"]);
  }

  test("offers to go on with the talk", async () => {
    await speak();
    await until("sound", () => server.seconds >= 1);
    await reload();
    await until("the offer", () => page.isVisible("#again"));
    assert.equal(await page.textContent("#go-on"), `Go on with ${id}`);
    await picture(page, "speak-again");
    const arrival = server.speaker();
    await page.click("#go-on");
    const second = await arrival;
    assert.equal(second.messages[0].token, token);
    assert.equal(await page.textContent("#code"), id);
    await until("sound", () => second.samples > rate);
    assert.equal(server.bodies.length, 1, "one talk");
    assert.ok(!page.url().includes(token));
    const kept = await page.evaluate(() => ({ ...localStorage }));
    assert.ok(!JSON.stringify(kept).includes(token), "only this tab knows it");
  });

  test("or to end it", async () => {
    await speak();
    await reload();
    await page.click("#end-it");
    await becomes("ended");
    assert.deepEqual(server.authorizations, [`Bearer ${token}`]);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  });

  test("finds the transcripts of a talk that has ended meanwhile, or a new start", async () => {
    await speak();
    server.sessions.get(id).state = "ended";
    await reload();
    await becomes("ended");

    await page.click("#another");
    const arrival = server.speaker();
    await page.click("#start");
    await arrival;
    server.sessions.delete(id);
    await reload();
    await until("a new start", () => page.isVisible("#begin"));
  });
});

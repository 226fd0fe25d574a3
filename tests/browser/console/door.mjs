// The door: the token, asked for, kept and forgotten.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { token } from "../fake/console_server.mjs";
import { asked, becomes, filled, knock, open, page, pages, server, text, visible } from "./page.mjs";

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

  test("says whose token it is, and shows a viewer no switch", async () => {
    await open();
    await becomes("#caller", "ana");
    assert.equal(await visible("#disable"), true);
    server.caller = { name: "vera", role: "viewer", expires_at: null };
    await page.reload();
    await filled();
    await becomes("#caller", "vera: you see everything and change nothing");
    for (const change of ["#disable", "#set", "#phases-buttons", "#history li button"])
      assert.equal(await visible(change), false, change);
  });

  test("keeps the token in this tab alone, and sends it as a bearer's", async () => {
    await open();
    assert.ok(server.requests.filter(({ path }) => path.startsWith("/v1/"))
      .every(({ authorization }) => authorization === `Bearer ${token}`));
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    assert.equal(await page.inputValue("#token"), "");
    await page.reload();
    await filled();
    const other = await pages.context.newPage();
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
    await pages.context.setOffline(true);
    await knock();
    await becomes("#gate-answer", /does not answer/);
    await pages.context.setOffline(false);
    await page.click("#enter");
    await filled();
    server.gone = true;
    await page.reload();
    await becomes("#unreachable-age", "Nothing has come yet.");
    assert.equal(await text("#word"), "Not known");
    assert.ok(await visible("#disable"));
  });
});

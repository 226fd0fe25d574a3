// What the page makes of its connection, and of the state of the talk.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import { becomes, captionSockets, listen, page, server, shows, state } from "./page.mjs";

describe("the connection", () => {
  test("comes back after a loss and asks for what followed the last final", async () => {
    const listener = await listen();
    listener.final(7, 1, "Leído.");
    listener.caption(9, 2, "A medias", { provisional: " quizá" });
    await shows("Leído. A medias quizá");
    const arrival = server.listener();
    listener.cut();
    await becomes("reconnecting");
    await shows("Leído. A medias quizá");
    const again = await arrival;
    assert.equal(again.since, 7);
    again.final(10, 2, "A medias y entero.");
    await shows("Leído. A medias y entero.");
    assert.equal(await state(), "live");
  });

  test("waits longer each time while the server is down, and keeps what was read", async () => {
    const listener = await listen();
    listener.final(3, 1, "Leído.");
    await shows("Leído.");
    server.down = true;
    listener.cut();
    await becomes("reconnecting");
    const asked = () => server.requests.filter((request) => request === `/v1/sessions/${id}`).length;
    const before = asked();
    await until("two tries", () => asked() >= before + 2);
    assert.equal(captionSockets().length, 1);
    const arrival = server.listener();
    server.down = false;
    assert.equal((await arrival).since, 3);
    await becomes("live");
    await shows("Leído.");
  });

  test("comes back when the server found it too slow", async () => {
    const listener = await listen();
    listener.final(3, 1, "Leído.");
    await shows("Leído.");
    const arrival = server.listener();
    listener.close(1013);
    assert.equal((await arrival).since, 3);
  });

  test("that cannot be had at first is tried again", async () => {
    server.down = true;
    await page.goto(`${server.address}/listen/${id}?lang=es`);
    await becomes("connecting");
    const arrival = server.listener();
    server.down = false;
    (await arrival).final(1, 1, "Ya está.");
    await shows("Ya está.");
  });

  test("ends with the talk", async () => {
    await page.clock.install();
    const listener = await listen();
    listener.final(1, 1, "Gracias.");
    listener.status("ended");
    listener.close(1000);
    await becomes("ended");
    assert.match(await page.textContent("#notice"), /La charla ha terminado/);
    const asked = server.requests.length;
    await page.clock.runFor(60_000);
    assert.equal(server.requests.length, asked, "nobody asks again");
    await shows("Gracias.");
    assert.equal(await page.getAttribute("#notice a >> nth=0", "href"),
      `/v1/sessions/${id}/captions.vtt?lang=es`);
  });
});

describe("states", () => {
  test("waiting for the speaker", async () => {
    server.sessions.get(id).state = "waiting";
    const listener = await listen();
    await becomes("waiting");
    assert.match(await page.textContent("#notice"), /Esperando a que empiece/);
    listener.status("live");
    listener.caption(1, 1, "Hola");
    await shows("Hola");
    assert.equal(await page.isVisible("#notice"), false);
  });

  test("paused by the speaker", async () => {
    const listener = await listen();
    listener.final(1, 1, "Un momento.");
    listener.status("paused");
    await becomes("paused");
    assert.equal(await page.textContent("#status-text"), "Pausa del orador");
    assert.match(await page.textContent("#notice"), /ha hecho una pausa/);
    await shows("Un momento.");
    listener.status("live");
    await becomes("live");
    assert.equal(await page.isVisible("#notice"), false);
  });

  test("a speaker who is gone is waited for", async () => {
    const listener = await listen();
    listener.final(1, 1, "Un momento.");
    listener.status("away");
    await becomes("away");
    assert.equal(await page.textContent("#status-text"), "Esperando al orador");
    assert.match(await page.textContent("#notice"), /Se ha perdido la conexión del orador/);
    await shows("Un momento.");
    listener.status("live");
    await becomes("live");
    assert.equal(await page.isVisible("#notice"), false);
  });

  test("an unknown talk", async () => {
    await page.goto(`${server.address}/listen/silver-heron-100`);
    await becomes("notFound");
    assert.match(await page.textContent("#notice"), /no talk with this code/);
    assert.equal(await page.getAttribute("#notice a", "href"), "/");
    assert.equal(captionSockets().length, 0);
  });

  test("a talk that is gone after a loss keeps what was read", async () => {
    const listener = await listen();
    listener.final(1, 1, "Leído.");
    await shows("Leído.");
    server.sessions.clear();
    listener.cut();
    await becomes("notFound");
    await shows("Leído.");
  });

  test("a language that the talk does not have: offers those it has", async () => {
    const arrival = server.listener();
    await page.goto(`${server.address}/listen/${id}?lang=fr`);
    await becomes("noLanguage");
    assert.match(await page.textContent("#notice"), /français/);
    assert.deepEqual(await page.locator("#notice button").allTextContents(), ["català", "español", "English"]);
    await page.click("#notice button:has-text('español')");
    assert.equal((await arrival).lang, "es");
    await becomes("live");
  });

  test("the server refuses the language", async () => {
    const listener = await listen();
    server.sessions.get(id).targets = ["ca"];
    listener.close(4400);
    await becomes("noLanguage");
    assert.deepEqual(await page.locator("#notice button").allTextContents(), ["català", "English"]);
  });
});

// Connections that are lost: what was said meanwhile is not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { picture, until } from "../browser.mjs";
import { id } from "../fake/server.mjs";
import {
  becomes, controls, heardExactly, note, numbered, page, play, rate, says, server, shows, speak,
  state,
} from "./page.mjs";

describe("a connection that is lost", () => {
  /** Loses the connection after what came last was lost on the way, and keeps it away for a while. */
  async function lose(speaker, seconds) {
    speaker.deaf = true;
    const last = performance.now();
    await until("some is lost on the way", () => performance.now() > last + 350);
    server.down = true;
    speaker.cut();
    await becomes("reconnecting");
    await shows("lost");
    await until("some seconds wait", async () =>
      parseFloat(await note("lost").locator(".detail").textContent()) >= seconds);
  }

  test("keeps what is said and sends it on return, no sample lost or repeated, at most four times as fast", async () => {
    const samples = numbered(9);
    const first = await play(samples);
    await until("sound", () => server.seconds >= 1.5);
    await lose(first, 2.5);
    await picture(page, "speak-lost");
    const arrival = server.speaker();
    server.down = false;
    const second = await arrival;
    await becomes("live");
    await until("all of it", async () => (await state()) === "ended");
    heardExactly(samples);

    // While it catches up: samples that came in a second, for every second.
    const { pieces } = second;
    for (let i = 0, j = 0; i < pieces.length; ++i) {
      while (pieces[i].at - pieces[j].at > 1000) ++j;
      const sum = pieces.slice(j, i + 1).reduce((total, piece) => total + piece.samples.length, 0) / rate;
      assert.ok(sum <= 4.8, `${sum} s of sound came in one second`);
    }
    assert.ok(pieces.some(({ at }, i) => i > 20 && at - pieces[i - 20].at < 1000), "faster than it was spoken");
  });

  test("goes on where it left off when the server does not say what it has", async () => {
    server.tellsReceived = false;
    const samples = numbered(6);
    const first = await play(samples);
    await until("sound", () => server.seconds >= 1.5);
    server.down = true;
    first.cut();
    await becomes("reconnecting");
    const before = server.samples.length;
    const arrival = server.speaker();
    server.down = false;
    await arrival;
    await becomes("ended");
    heardExactly(samples, { upTo: before - rate / 2 });
    const missing = samples.length - server.samples.length;
    assert.ok(missing < rate, `${missing / rate} s lost on the way at most`);
  });

  test("tells the server again that it is paused or muted", async () => {
    const first = await speak();
    await page.click("#mute");
    await until("muted", () => controls(first).includes("mute true"));
    await until("acknowledged", () => server.seconds > 2);
    const arrival = server.speaker();
    first.cut();
    const second = await arrival;
    await until("muted again", () => controls(second).includes("mute true"));
    assert.equal(second.messages.find(({ type }) => type === "mute").at, 0, "before any sound");
    await until("sound", () => second.samples > rate);
    assert.ok(server.samples.subarray(-second.samples).every((sample) => sample === 0));
  });

  test("that only stops answering is noticed", async () => {
    const first = await speak();
    await until("sound", () => server.seconds >= 1);
    first.deaf = true;
    const arrival = server.speaker();
    await becomes("reconnecting", { seconds: 20 });
    await arrival;
    await becomes("live");
    assert.equal(await note("lost").count(), 0);
  });

  test("to another window is not fought, and can be taken back", async () => {
    const first = await speak();
    await until("sound", () => server.seconds >= 0.5);
    first.refuse(4409, { error: { code: "conflict", message: "taken over", field: "session_id" } });
    await until("it says so", async () => /You speak from another window/.test(await page.textContent("#begin-answer")));
    assert.equal(await page.isVisible("#talk"), false);
    const arrival = server.speaker();
    await page.click("#go-on");
    await arrival;
    await becomes("live");
  });

  test("for more than 60 s loses the oldest, and says so", async () => {
    // Ten seconds in one: the worklet hands over every piece ten times.
    const script = readFileSync(join(process.env.SOTTO_BUNDLES ?? fileURLToPath(new URL("../../../build/web/bundles", import.meta.url)), "capture_worklet.js"), "utf8");
    const fast = `const real = MessagePort.prototype.postMessage;
      MessagePort.prototype.postMessage = function (data, transfer) {
        if (data instanceof Int16Array) for (let i = 0; i < 9; ++i) real.call(this, data.slice());
        real.call(this, data, transfer);
      };\n`;
    server.scripts.set("/app/capture_worklet.js", fast + script);
    const first = await speak();
    await until("sound", () => server.seconds >= 1);
    server.down = true;
    first.cut();
    await shows("lost");
    await shows("losing", { seconds: 20 });
    await until("it says how much", async () => /\d s are lost/.test(await note("losing").textContent()));
    await picture(page, "speak-losing");
    const arrival = server.speaker();
    server.down = false;
    const second = await arrival;
    await shows("catching-up");
    await until("what was kept", () => second.samples > 4 * rate, { seconds: 20 });
  });

  test("while it ends: waits, or does not", async () => {
    const first = await speak();
    await until("sound", () => server.seconds >= 1);
    server.down = true;
    first.cut();
    await becomes("reconnecting");
    await page.click("#end");
    await page.click("#end-yes");
    await shows("ending-lost");
    server.down = false;
    server.turnedAway = [[1013, {}], [1013, {}], [1013, {}], [1013, {}], [1013, {}], [1013, {}]];
    await note("ending-lost").getByRole("button").click();
    await becomes("ended");
    assert.equal(server.sessions.get(id).state, "ended");
  });

  test("ended by someone else, or forgotten by the server", async () => {
    const first = await speak();
    server.sessions.get(id).state = "ended";
    first.socket.close(1000);
    await becomes("ended");

    const arrival = server.speaker();
    await page.click("#another");
    await page.click("#start");
    const second = await arrival;
    server.sessions.delete(id);
    second.cut();
    await says(/does not know this talk any more/);
    assert.equal(await page.isEnabled("#start"), true);
  });
});

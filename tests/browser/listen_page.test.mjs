// The pages in Chromium, against a server that says what each test wants.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openBrowser, picture, until } from "./browser.mjs";
import { FakeServer, id } from "./fake/server.mjs";

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
  context = await browser.newContext({ locale: "en-GB", viewport: { width: 360, height: 740 }, ...options });
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${server.address}/`)) problems.push(`request to ${request.url()}`);
  });
}

beforeEach(async () => {
  problems = [];
  server = await FakeServer.start();
  await newPage();
});

afterEach(async () => {
  await context.close();
  context = undefined;
  await server.stop();
  assert.deepEqual(problems, []);
});

/** Opens the listener page and returns the server's end of its captions socket. */
async function listen(query = "?lang=es") {
  const arrival = server.listener();
  await page.goto(`${server.address}/listen/${id}${query}`);
  return arrival;
}

const state = () => page.getAttribute("body", "data-state");
const paragraphs = () => page.locator("#paper p").allTextContents();
const provisional = () =>
  page.locator(".provisional").allTextContents().then((texts) => texts.filter((text) => text !== ""));
const captionSockets = () => server.requests.filter((request) => request.includes("/captions?"));
const shows = (text) => until(`"${text}" on the page`, async () => (await paragraphs()).join("|") === text);
const becomes = (wanted) => until(`state ${wanted}`, async () => (await state()) === wanted);
const scrollTop = () => page.$eval("#captions", (box) => box.scrollTop);
const fromEnd = () =>
  page.$eval("#captions", (box) => box.scrollHeight - box.clientHeight - box.scrollTop);

describe("captions", () => {
  test("grow at the end, with the newest words marked until they settle", async () => {
    const listener = await listen();
    listener.caption(0, 1, "", { provisional: "Buenos" });
    await shows("Buenos");
    assert.deepEqual(await provisional(), ["Buenos"]);

    listener.caption(0, 1, "Buenos", { provisional: " días a" });
    await shows("Buenos días a");
    assert.deepEqual(await provisional(), ["días a"], "the space before is not underlined");
    const mark = await page.$eval(".provisional", (element) => {
      const { textDecorationStyle, textDecorationLine, color } = getComputedStyle(element);
      return { textDecorationStyle, textDecorationLine, color };
    });
    assert.equal(mark.textDecorationLine, "underline");
    assert.equal(mark.textDecorationStyle, "dotted");
    assert.notEqual(mark.color, await page.$eval("#paper", (paper) => getComputedStyle(paper).color));

    listener.final(1, 1, "Buenos días a todos.");
    await shows("Buenos días a todos.");
    assert.deepEqual(await provisional(), []);
    assert.equal(await page.getAttribute(".segment", "lang"), "es");
  });

  test("settle without moving a letter", async () => {
    const listener = await listen();
    listener.caption(1, 1, "Un árbol", { provisional: " vive ochenta años y nadie lo verá viejo" });
    await shows("Un árbol vive ochenta años y nadie lo verá viejo");
    const box = () => page.$eval(".segment", (element) =>
      [...element.getClientRects()].map(({ left, right, top }) => [left, right, top].map(Math.round)));
    const last = (rects) => [Math.max(...rects.map((r) => r[2])), Math.max(...rects.map((r) => r[1]))];
    const before = last(await box());
    listener.final(2, 1, "Un árbol vive ochenta años y nadie lo verá viejo");
    await until("settled", async () => (await provisional()).length === 0);
    assert.deepEqual(last(await box()), before);
  });

  test("are replaced by segment, not repeated, and corrected after they were final", async () => {
    const listener = await listen();
    listener.final(1, 1, "Uno.");
    listener.caption(2, 2, "Dos", { provisional: " y" });
    listener.final(3, 1, "Primero.");
    listener.final(4, 2, "Dos y tres.");
    await shows("Primero. Dos y tres.");
  });

  test("ignore an older message that comes late", async () => {
    const listener = await listen();
    listener.final(5, 1, "Nuevo.");
    listener.caption(4, 1, "Viejo", { provisional: " y roto" });
    listener.caption(5, 1, "Reabierto", { provisional: " tarde" });
    listener.final(6, 2, "Fin.");
    await shows("Nuevo. Fin.");
  });

  test("stand in the order of their segments, whenever they arrive", async () => {
    const listener = await listen();
    listener.final(1, 3, "Tres.", { start: 2, end: 3 });
    listener.final(2, 1, "Uno.", { start: 0, end: 1 });
    listener.final(3, 2, "Dos.", { start: 1, end: 2 });
    await until("three segments", async () => (await page.locator(".segment").count()) === 3);
    assert.equal((await page.locator(".segment").allTextContents()).join(" "), "Uno. Dos. Tres.");
  });

  test("vanish when their segment is removed", async () => {
    const listener = await listen();
    listener.final(1, 1, "Queda.");
    listener.caption(2, 2, "Ruido");
    await shows("Queda. Ruido");
    listener.final(3, 2, "");
    await shows("Queda.");
  });

  test("flow in paragraphs that end with a sentence, a pause, or enough words", async () => {
    const listener = await listen();
    const sentence = "Esta es una frase que basta para un párrafo.";
    listener.final(1, 1, "Sí.", { start: 0, end: 1 });
    listener.final(2, 2, sentence, { start: 1, end: 4 });
    listener.final(3, 3, "Después de la frase", { start: 4, end: 5 });
    listener.final(4, 4, "y tras la pausa", { start: 7.5, end: 8 });
    listener.final(5, 5, "palabras ".repeat(14).trim(), { start: 8, end: 14 });
    listener.final(6, 6, "ya aparte, sin punto pero con un respiro detrás", { start: 14, end: 15 });
    listener.final(7, 7, "y otra frase", { start: 15.8, end: 17 });
    listener.final(8, 8, "tras otro respiro", { start: 17.8, end: 19 });
    await shows([
      `Sí. ${sentence}`, "Después de la frase", `y tras la pausa ${"palabras ".repeat(14).trim()}`,
      "ya aparte, sin punto pero con un respiro detrás", "y otra frase tras otro respiro",
    ].join("|"));
  });

  test("stay where they are while the talk goes on", async () => {
    const listener = await listen();
    listener.final(1, 1, "Una frase terminada que llena más de una línea en el teléfono.");
    listener.caption(2, 2, "La", { provisional: " siguiente" });
    await until("both", async () => (await page.locator(".segment").count()) === 2);
    const place = () => page.$eval("[data-segment='1']", (element) => element.getBoundingClientRect().toJSON());
    const before = await place();
    listener.caption(3, 2, "La siguiente crece y crece hasta que", { provisional: " ocupa varias líneas" });
    await until("grown", async () => (await provisional()).includes("ocupa varias líneas"));
    assert.deepEqual(await place(), before);
  });

  test("show markup as the text it is", async () => {
    const listener = await listen();
    const attack = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>&amp;`;
    listener.caption(1, 1, attack, { provisional: ` <b>${attack}</b>` });
    await shows(`${attack} <b>${attack}</b>`);
    listener.final(2, 1, attack);
    await shows(attack);
    assert.equal(await page.locator("#paper img, #paper script, #paper b").count(), 0);
    assert.equal(await page.locator("#announcer img").count(), 0);
    assert.equal(await page.title(), `${id} · Sotto`);
  });

  test("that could not be translated are marked, once for a run of them", async () => {
    const listener = await listen();
    listener.final(1, 1, "We plant", { translated: false, start: 0, end: 1 });
    listener.final(2, 2, "a tree.", { translated: false, start: 1, end: 2 });
    await until("marks", async () => (await page.locator(".mark").count()) === 2);
    assert.equal(await page.locator(".mark:visible").allTextContents().then((all) => all.join()), "⚠ sin traducir ");
    assert.equal(await page.getAttribute("[data-segment='1']", "lang"), "en");
    listener.final(3, 1, "Plantamos", { start: 0, end: 1 });
    await until("translated after all", async () =>
      (await page.getAttribute("[data-segment='1']", "lang")) === "es");
    assert.equal(await page.locator("[data-segment='1'] .mark:visible").count(), 0);
    assert.equal(await page.locator("[data-segment='2'] .mark:visible").count(), 1);
  });

  test("are announced to screen readers when they are final, and once", async () => {
    const listener = await listen();
    assert.equal(await page.getAttribute("#announcer", "aria-live"), "polite");
    listener.caption(1, 1, "Buenos", { provisional: " días" });
    await shows("Buenos días");
    assert.equal(await page.textContent("#announcer"), "");
    listener.final(2, 1, "Buenos días.");
    listener.final(3, 1, "Buenos días!");
    await shows("Buenos días!");
    assert.equal(await page.textContent("#announcer"), "Buenos días.");
    assert.equal(await page.locator("#paper").evaluate((paper) => paper.closest("[aria-live]")), null);
  });

  test("survive frames that make no sense", async () => {
    const listener = await listen();
    for (const frame of ["", "{", "null", "[]", '{"type":"dance"}', '{"type":"caption"}',
      '{"type":"caption","seq":"1","segment":1,"text":"no"}', '{"type":"status","state":7}']) {
      listener.send(frame);
    }
    listener.final(1, 1, "Sigue.");
    await shows("Sigue.");
    assert.equal(await state(), "live");
  });
});

describe("following", () => {
  async function longTalk() {
    const listener = await listen();
    for (let i = 1; i <= 30; ++i) {
      listener.final(i, i, `Frase número ${i}, que llena al menos dos líneas del teléfono.`);
    }
    await until("all there", async () => (await page.locator(".segment").count()) === 30);
    return listener;
  }

  test("keeps the newest words in view", async () => {
    const listener = await longTalk();
    await until("at the end", async () => (await fromEnd()) < 2);
    listener.caption(31, 31, "La última", { provisional: " palabra de todas" });
    await until("in view", async () => (await fromEnd()) < 2 && (await provisional()).length === 1);
    assert.equal(await page.isVisible("#back-to-live"), false);
  });

  test("stops when the reader scrolls back, and returns at a touch", async () => {
    const listener = await longTalk();
    await until("at the end", async () => (await fromEnd()) < 2);
    await page.mouse.move(180, 400);
    await page.mouse.wheel(0, -500);
    await page.waitForSelector("#back-to-live:visible");
    const place = await scrollTop();
    listener.final(31, 31, "Esto llega mientras se lee más arriba, y no debe mover nada.");
    await until("arrived", async () => (await page.locator(".segment").count()) === 31);
    assert.equal(await scrollTop(), place);
    await picture(page, "listen-scrolled-back");

    await page.click("#back-to-live");
    await until("at the end", async () => (await fromEnd()) < 2);
    assert.equal(await page.isVisible("#back-to-live"), false);
    listener.final(32, 32, "Y otra vez sigue al orador, línea tras línea, hasta el final.");
    await until("followed", async () =>
      (await page.locator(".segment").count()) === 32 && (await fromEnd()) < 2);
  });

  test("works with the keyboard", async () => {
    await longTalk();
    await until("at the end", async () => (await fromEnd()) < 2);
    await page.focus("#captions");
    await page.keyboard.press("PageUp");
    await page.waitForSelector("#back-to-live:visible");
    await page.keyboard.press("End");
    await page.waitForSelector("#back-to-live", { state: "hidden" });
  });
});

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
    const listener = await listen();
    listener.final(1, 1, "Gracias.");
    listener.status("ended");
    listener.close(1000);
    await becomes("ended");
    assert.match(await page.textContent("#notice"), /La charla ha terminado/);
    await page.waitForTimeout(1200);
    assert.equal(captionSockets().length, 1, "nobody asks again");
    await shows("Gracias.");
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

describe("the language", () => {
  test("is switched in the menu, remembered, and what was read stays", async () => {
    const listener = await listen("");
    assert.equal(listener.lang, "ca", "an English browser gets the first translation");
    assert.deepEqual(await page.locator("#language option").allTextContents(), ["català", "español", "English"]);
    listener.final(1, 1, "Bon dia.");
    listener.caption(2, 2, "Un arbre");
    await shows("Bon dia. Un arbre");

    const arrival = server.listener();
    await page.selectOption("#language", "es");
    const spanish = await arrival;
    assert.equal(spanish.lang, "es");
    assert.equal(spanish.since, undefined);
    await shows("Bon dia.");
    spanish.caption(2, 2, "Un árbol");
    await shows("Bon dia. Un árbol");
    assert.equal(await page.getAttribute("[data-segment='1']", "lang"), "ca");
    assert.equal(await page.getAttribute("[data-segment='2']", "lang"), "es");
    assert.match(page.url(), /\?lang=es$/);

    assert.equal((await listen("")).lang, "es", "remembered");
    assert.equal((await listen("?lang=ca")).lang, "ca", "but the address wins");
  });

  test("comes from the browser where the talk has it, and so do the page's own words", async () => {
    await newPage({ locale: "es-MX" });
    assert.equal((await listen("")).lang, "es");
    assert.equal(await page.getAttribute("html", "lang"), "es");
    assert.equal(await page.textContent("#status-text"), "En directo");
  });

  test("can be the speaker's own", async () => {
    const listener = await listen("?lang=en");
    assert.equal(listener.lang, "en");
    listener.final(1, 1, "Good morning.");
    await shows("Good morning.");
    assert.equal(await page.locator(".mark:visible").count(), 0);
  });
});

describe("the layout", () => {
  for (const [width, height, size] of [[360, 740, "28px"], [1280, 800, "40px"], [1920, 1080, "40px"]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`fits ${width}×${height}, ${colorScheme}`, async () => {
        await newPage({ viewport: { width, height }, colorScheme });
        const listener = await listen();
        listener.final(1, 1, "Hoy quiero hablar de cómo decide una ciudad dónde deben crecer sus árboles.");
        listener.final(2, 2, `Una palabra sin fin: ${"ancha".repeat(30)}.`);
        listener.caption(3, 3, "Pero un árbol vive", { provisional: " ochenta años" });
        await until("three segments", async () => (await page.locator(".segment").count()) === 3);
        assert.equal(await page.$eval("#paper", (paper) => getComputedStyle(paper).fontSize), size);
        assert.ok(await page.evaluate(() => {
          const box = document.querySelector("#captions");
          return document.documentElement.scrollWidth <= innerWidth && box.scrollWidth <= box.clientWidth;
        }), "nothing scrolls sideways");
        for (const selector of ["#paper", ".provisional", "#code", "#status"]) {
          assert.ok((await contrast(selector)) >= 7, `contrast of ${selector}: ${await contrast(selector)}`);
        }
        await picture(page, `listen-${width}-${colorScheme}`);
      });
    }
  }

  /** WCAG's contrast of an element's text with what is behind it. */
  function contrast(selector) {
    return page.$eval(selector, (element) => {
      const channels = (color) => color.match(/[\d.]+/g).map(Number);
      const luminance = (color) => {
        const [r, g, b] = channels(color).slice(0, 3).map((value) => {
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

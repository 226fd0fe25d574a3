// A browser, a page in it, and the server behind it, new for every test. What the test files share.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach } from "node:test";
import { openBrowser, until } from "../browser.mjs";
import { FakeServer, id } from "../fake/server.mjs";

let browser;
let context;
export let server;
export let page;
/** What must not happen: errors on the page, requests to another host. */
export let problems;

before(async () => {
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
});

/** Another page in place of the first, with those options of Playwright's contexts. */
export async function newPage(options = {}) {
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
export async function listen(query = "?lang=es") {
  const arrival = server.listener();
  await page.goto(`${server.address}/listen/${id}${query}`);
  return arrival;
}

export const phone = { viewport: { width: 360, height: 740 } };
export const desktop = { viewport: { width: 1440, height: 900 } };
export const projector = { viewport: { width: 1920, height: 1080 } };

export const state = () => page.getAttribute("body", "data-state");
export const paragraphs = () => page.locator("#paper p").evaluateAll((all) => all.map((paragraph) =>
  [...paragraph.querySelectorAll(".words")].map((words) => words.textContent).join(" ")));
export const provisional = () =>
  page.locator(".provisional").allTextContents().then((texts) => texts.filter((text) => text !== ""));
export const captionSockets = () => server.requests.filter((request) => request.includes("/captions?"));
export const shows = (text) =>
  until(`"${text}" on the page`, async () => (await paragraphs()).join("|") === text);
export const becomes = (wanted) => until(`state ${wanted}`, async () => (await state()) === wanted);
export const says = (text) =>
  until(`"${text}" said`, async () => (await page.textContent("#toast")).includes(text));
export const segments = (count) =>
  until(`${count} segments`, async () => (await page.locator(".segment").count()) === count);
export const scrollTop = () => page.$eval("#captions", (box) => box.scrollTop);
export const fromEnd = () =>
  page.$eval("#captions", (box) => box.scrollHeight - box.clientHeight - box.scrollTop);
export const sideways = () => page.evaluate(() => {
  const box = document.querySelector("#captions");
  return document.documentElement.scrollWidth > innerWidth || box.scrollWidth > box.clientWidth;
});

/** WCAG's contrast of an element's text with what is behind it. */
export function contrast(selector) {
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

// A browser, a page in it, and the server behind it, new for every test. What the test files share.

import { afterEach, beforeEach } from "node:test";
import { until } from "../browser.mjs";
import { FakeServer, id } from "../fake/server.mjs";
import { contrastOf, from, Pages } from "../pages.mjs";

const pages = new Pages({ viewport: { width: 360, height: 740 } });
export let server;
export let page;

/** Another page in place of the first, with those options of Playwright's contexts. */
export async function newPage(options) {
  page = await pages.open(from(server), options);
}

beforeEach(async () => {
  server = await FakeServer.start();
  await newPage();
});

afterEach(() => pages.finish(server));

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

export const contrast = (selector) => contrastOf(page, selector);

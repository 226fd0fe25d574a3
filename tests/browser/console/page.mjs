// A browser, the console in it, and the server behind it, new for every test. What the test files share.

import { afterEach, beforeEach } from "node:test";
import { until } from "../browser.mjs";
import { ConsoleServer, token } from "../fake/console_server.mjs";
import { from, Pages } from "../pages.mjs";

export const pages = new Pages(
  { timezoneId: "Europe/Madrid", viewport: { width: 1440, height: 900 } }, { secret: token });
export let server;
export let page;

export async function newPage(options) {
  page = await pages.open(from(server), options);
}

beforeEach(async () => {
  server = await ConsoleServer.start();
  await newPage();
});

afterEach(() => pages.finish(server));

/** Text that would do harm as markup. */
export const attack = `<img src=x onerror="document.title='broken'"><b>bold</b>&amp;`;

export const text = (selector) => page.locator(selector).first().innerText();
export const visible = (selector) => page.locator(selector).first().isVisible();
export const count = (selector) => page.locator(selector).count();
export const becomes = (selector, wanted) => until(`${selector} to say ${wanted}`, async () => {
  const said = await text(selector);
  return wanted instanceof RegExp ? wanted.test(said) : said === wanted;
});
export const decision = () => page.getAttribute("#decision", "data-decision");
export const asked = (method, path) =>
  server.requests.filter((request) => request.method === method && request.path.startsWith(path));
export const written = () => server.requests.filter(({ method, body }) => method !== "GET" && !body.dry_run);

/** The page asks for everything now, not when it is time to. */
export const hurry = () => page.evaluate(() => dispatchEvent(new Event("online")));
export const soon = async (selector, wanted) => {
  await hurry();
  await becomes(selector, wanted);
};

export async function knock(given = token) {
  await page.fill("#token", given);
  await page.press("#token", "Enter");
}

/** Opens the console and waits until every part of it has its figures. */
export async function open() {
  await page.goto(`${server.address}/console`);
  await knock();
  await filled();
}

export async function filled() {
  await until("figures everywhere", async () =>
    (await count("#criteria tbody tr")) > 0 && (await count("#alarms li")) > 0 &&
    (await count("#history li")) > 0 && (await count(".plot canvas")) === 5 &&
    (await decision()) !== "unknown" && (await text("#sessions .taken")) !== "");
}

/** The texts of a table's row. */
export const row = (table, name) => page.locator(`${table} tbody tr`, { has: page.locator("th", { hasText: name }) })
  .locator("th, td").allInnerTexts();

// A browser for the tests of a file, and one page in it at a time, with what must not happen there.

import assert from "node:assert/strict";
import { after } from "node:test";
import { openBrowser } from "./browser.mjs";

/** Whether the Content Security Policy says that on the console. */
export const forbidden = (text) => /Content Security Policy/.test(text);

/**
 * Errors on the page, what its Content Security Policy forbids, and requests to other hosts become
 * `problems`.
 *
 * @param allowed tells a URL that the page may ask for
 * @param secret what must be in no address
 */
export function watchPage(page, problems, allowed, secret) {
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (forbidden(message.text())) problems.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!allowed(new URL(url))) problems.push(`request to ${url}`);
    if (secret !== undefined && decodeURIComponent(url).includes(secret)) problems.push(`the secret is in ${url}`);
  });
}

export class Pages {
  browser;
  context;
  problems = [];
  #usual;
  #secret;
  #args;
  #opening;

  /**
   * @param usual Playwright's options for every context
   * @param options `args`: gives Chromium's, beside the usual ones; `secret`: see watchPage
   */
  constructor(usual, { args = () => [], secret } = {}) {
    this.#usual = usual;
    this.#secret = secret;
    this.#args = args;
    after(() => this.browser?.close());
  }

  /** Opens the browser, once; so does the first page. */
  async start() {
    this.#opening ??= openBrowser({ args: this.#args() });
    this.browser = await this.#opening;
  }

  /** Another page in place of the one before, with those options beside the usual ones. */
  async open(allowed, options = {}, from) {
    await this.start();
    await this.context?.close();
    this.context = await (from ?? this.browser).newContext({ locale: "en-GB", ...this.#usual, ...options });
    const page = await this.context.newPage();
    watchPage(page, this.problems, allowed, this.#secret);
    return page;
  }

  /** After each test: closes the page, stops what served it, and fails where there was a problem. */
  async finish(server) {
    await this.context?.close();
    this.context = undefined;
    await server?.stop();
    assert.deepEqual(this.problems.splice(0), []);
  }
}

/** What a page may ask for that has all from `server`. */
export const from = (server) => (url) => url.href.startsWith(`${server.address}/`);

/** WCAG's contrast of an element's text with what is behind it. */
export function contrastOf(page, selector) {
  return page.locator(selector).first().evaluate((element) => {
    const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = (colour) => {
      const [r, g, b] = channels(colour).slice(0, 3).map((value) => {
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

// Chromium as the tests want it: the system's own, quiet, with a profile that is thrown away.

import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export { until } from "../support/until.mjs";

export const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const pictures =
  process.env.SOTTO_SCREENSHOTS ?? fileURLToPath(new URL("../../build/screenshots", import.meta.url));

/** `args` are Chromium's, beside the usual ones. */
export async function openBrowser({ args = [] } = {}) {
  if (!existsSync(chromiumPath)) throw new Error(`there is no ${chromiumPath}; set CHROMIUM`);
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ...args,
    ],
  });
}

/** Saves what the page looks like under that name, for people to see. */
export async function picture(page, name) {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

/**
 * Counts what comes to a page from now on, as it would travel compressed, without the server's
 * answers and sockets (`/v1/`). The returned function gives the sum once all of it is there.
 */
export function compressedBytes(page) {
  const sizes = [];
  page.on("response", (response) => {
    if (response.url().includes("/v1/")) return;
    sizes.push(response.body().then((body) => gzipSync(body).length));
  });
  return async () => {
    await page.waitForLoadState("networkidle");
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };
}

/**
 * For pages with an audio worklet: playwright 1.55 stops a worklet to look at it and never lets it
 * go on (microsoft/playwright#37592).
 */
export async function letWorkletsRun(page) {
  const session = await page.context().newCDPSession(page);
  const go = JSON.stringify({ id: 1, method: "Runtime.runIfWaitingForDebugger" });
  session.on("Target.attachedToTarget", ({ sessionId }) => {
    session.send("Target.sendMessageToTarget", { sessionId, message: go }).catch(() => {});
  });
  // Not "flatten": in that form a message cannot be sent to the worklet from here.
  await session.send("Target.setAutoAttach", {
    autoAttach: true, waitForDebuggerOnStart: true, flatten: false, filter: [{ type: "worklet" }],
  });
}

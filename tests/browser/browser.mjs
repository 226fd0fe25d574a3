// Chromium as the tests want it: the system's own, quiet, with a profile that is thrown away.

import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const pictures =
  process.env.SOTTO_SCREENSHOTS ?? fileURLToPath(new URL("../../build/screenshots", import.meta.url));

export async function openBrowser() {
  if (!existsSync(chromiumPath)) throw new Error(`there is no ${chromiumPath}; set CHROMIUM`);
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
}

/** Saves what the page looks like under that name, for people to see. */
export async function picture(page, name) {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

/** Waits until `condition()` holds, which may be asynchronous; says what was waited for. */
export async function until(what, condition, { seconds = 10 } = {}) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

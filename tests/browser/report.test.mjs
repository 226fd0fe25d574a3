// The rollout's report as a file in Chromium, with no network: `sotto rollout report` of four days.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { picture, until } from "./browser.mjs";
import { forbidden, Pages } from "./pages.mjs";

const folder = mkdtempSync(join(tmpdir(), "sotto-report-"));
const file = join(folder, "report.html");

const address = pathToFileURL(file).href;

const pages = new Pages({ timezoneId: "Asia/Tokyo", offline: true, viewport: { width: 1280, height: 900 } });
let page;

function run(program, ...args) {
  assert.ok(program, "SOTTO_BINARY and SOTTO_ROLLOUT_STORY name the programs");
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(status, 0, `${program} ${args.join(" ")}:\n${stderr}`);
  return stdout;
}
const report = (...args) =>
  run(process.env.SOTTO_BINARY, "rollout", "report", "--data", folder, "--period", "all", ...args);

before(() => {
  run(process.env.SOTTO_ROLLOUT_STORY, folder);
  report("--format", "html", "--output", file);
});

after(() => rmSync(folder, { recursive: true, force: true }));

afterEach(() => pages.finish());

async function open(options) {
  page = await pages.open(({ href }) => href === address, options);
  page.on("console", (message) => {
    if (!forbidden(message.text())) pages.problems.push(message.text());
  });
  page.on("dialog", (dialog) => pages.problems.push(`dialog: ${dialog.message()}`));
  await page.goto(address);
}

const texts = (selector) => page.locator(selector).allInnerTexts();
const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** Of each canvas, the share of its pixels that are not transparent. */
const inked = () => page.$$eval("canvas", (canvases) => canvases.map((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let i = 3; i < data.length; i += 4) painted += data[i] > 0 ? 1 : 0;
  return painted / (data.length / 4);
}));

async function drawn() {
  await until("six charts", async () => (await page.locator(".plot canvas").count()) === 6);
  await until("their pixels", async () => (await inked()).every((share) => share > 0.005));
}

test("it is one file, small enough to be sent", () => {
  const { size } = statSync(file);
  console.log(`report.html: ${Math.round(size / 1000)} kB`);
  assert.ok(size < 400_000, `${size} bytes`);
});

test("each decision is named, with its evidence and how to verify it", async () => {
  await open();
  const { decisions, criteria, headline } = JSON.parse(report("--format", "json"));
  assert.ok(decisions.length >= 7, `${decisions.length} decisions`);
  const articles = (await texts("article")).reverse();
  assert.equal(articles.length, decisions.length);
  decisions.forEach(({ record, event, same_again: same }, i) => {
    assert.ok(same, `record ${record} can be made again`);
    assert.ok(articles[i].includes(`by ${event.by}`), articles[i]);
    assert.ok(articles[i].includes(`sotto rollout verify ${record}`), articles[i]);
    assert.match(articles[i], /Record \d+: .*from its record: the same/);
  });
  assert.ok(decisions.some(({ event }) => event.kind === "stepped_back"), "it was rolled back");
  assert.match(headline, /^Phase gradual, 50 %: /);
  assert.equal((await texts("h1"))[0].trim(), headline);
  const rows = await texts("#criteria tbody th");
  assert.deepEqual(rows.map((row) => row.trim()), criteria.map(({ title }) => title));
});

test("what somebody wrote is text, and runs nowhere", async () => {
  await open();
  assert.ok((await texts("article")).some((text) => text.includes("<script>alert(1)</script> | `code`")));
  assert.equal(await page.locator("script").count(), 2);
  // The page's policy would stop it if it were a script.
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'broken'";
    document.body.append(script);
  });
  assert.match(await page.title(), /report/);
  assert.ok(pages.problems.length > 0, "it was forbidden");
  pages.problems.splice(0);
  const markdown = report();
  assert.ok(!markdown.includes("<script"));
  assert.match(markdown, /&lt;script&gt;alert\(1\)&lt;\/script&gt; \\\| \\`code\\`/);
});

test("the charts are drawn, and told in words", async () => {
  await open();
  await drawn();
  const words = await texts(".for-screen-readers");
  const told = words.filter((text) => /canary p95: [\d.]+/.test(text));
  assert.equal(told.length, 2, words.join("\n"));
  for (const chart of told) assert.match(chart, /10 % at .*50 % at /, "the phases' changes");
});

for (const scheme of ["light", "dark"]) {
  for (const [name, viewport] of [["phone", { width: 360, height: 740 }], ["desktop", { width: 1280, height: 900 }]]) {
    test(`on a ${name} in the ${scheme} it needs no scrolling sideways`, async () => {
      await open({ viewport, colorScheme: scheme });
      await drawn();
      assert.ok((await sideways()) <= 0, `${await sideways()} px`);
      await picture(page, `report-${name}-${scheme}`);
      await page.locator("summary").first().click();
      assert.ok((await sideways()) <= 0, "with a decision's criteria");
      await page.locator("summary").first().click();
      for (const part of ["charts", "paired", "lessons", "decisions"]) {
        await page.locator(`#${part}`).evaluate((element) => element.scrollIntoView());
        await picture(page, `report-${name}-${scheme}-${part}`);
      }
    });
  }
}

test("its text has a contrast of 7 to 1", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await open({ colorScheme });
    const poor = await page.evaluate(() => {
      const luminance = (colour) => {
        const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
          const value = Number(part) / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = luminance(getComputedStyle(document.body).backgroundColor);
      return [...document.querySelectorAll("body *:not(script, canvas)")]
        .map((element) => [element.className || element.tagName, getComputedStyle(element).color])
        .filter(([, colour]) => {
          const text = luminance(colour);
          return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05) < 7;
        });
    });
    assert.deepEqual(poor, []);
  }
});

test("without scripts the tables are there", async () => {
  await open({ javaScriptEnabled: false });
  assert.ok((await page.locator("#criteria tbody tr").count()) > 10);
  assert.ok((await texts("noscript")).join("").includes("The charts need a script"));
});

test("on paper it is light, open, and its charts fit", async () => {
  await open({ colorScheme: "dark" });
  await drawn();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  assert.equal(await page.locator("details:not([open])").count(), 0);
  await page.setViewportSize({ width: 700, height: 1000 });
  assert.ok((await sideways()) <= 0, `${await sideways()} px`);
  await picture(page, "report-print");
  await page.locator("#charts").evaluate((element) => element.scrollIntoView());
  await picture(page, "report-print-charts");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.ok((await page.locator("details:not([open])").count()) > 0);
});

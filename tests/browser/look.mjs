// Takes pictures of the pages in their sizes, light and dark, to be looked at: `node look.mjs`.

import { openBrowser, picture } from "./browser.mjs";
import { FakeServer, id } from "./fake/server.mjs";
import { finished, hum } from "./fake/talk.mjs";

const sizes = [[360, 740], [1440, 900], [1920, 1080]];
const open = {
  segment: 8, text: "Cuando plantamos un roble al lado de una escuela", start: 40, end: 43,
  provisional: " elegimos también sombra",
  source: "When we plant an oak next to a school we also choose shade",
};

/** The panel that has the rest of the bar, where there is one. */
async function more(page) {
  if (await page.isVisible("#more")) await page.click("#more");
}

async function talk(server, page) {
  const arrival = server.listener();
  await page.goto(`${server.address}/listen/${id}?lang=es`);
  const listener = await arrival;
  let seq = 0;
  for (const { segment, text, ...more } of finished("es")) listener.final(++seq, segment, text, more);
  return { listener, next: () => ++seq };
}

const scenes = {
  async live(server, page) {
    const { listener, next } = await talk(server, page);
    const { segment, text, ...more } = open;
    listener.final(next(), 6, "We plant for their grandchildren.", { translated: false, start: 30, end: 33 });
    listener.final(next(), 7, "Plantamos para sus nietos.", { start: 34, end: 36 });
    listener.caption(next(), segment, text, more);
  },
  async first(server, page) {
    const arrival = server.listener();
    await page.goto(`${server.address}/listen/${id}?lang=es`);
    (await arrival).caption(1, 1, "Buenos días, y gracias", { provisional: " por venir" });
  },
  async bar(server, page) {
    await scenes.live(server, page);
    await more(page);
    await page.click("#up");
  },
  async original(server, page) {
    await scenes.live(server, page);
    await more(page);
    await page.click("#original");
    if (await page.isVisible("#more")) await page.click("#more");
  },
  async sound(server, page) {
    await scenes.live(server, page);
    const arrival = server.listener("speech");
    await page.click("#sound");
    (await arrival).speech(1, hum(3));
  },
  async noSound(server, page) {
    server.sessions.get(id).speech = [];
    await scenes.live(server, page);
    await page.click("#sound", { force: true });
  },
  async paused(server, page) {
    const { listener } = await talk(server, page);
    listener.status("paused");
  },
  async waiting(server, page) {
    server.sessions.get(id).state = "waiting";
    await page.goto(`${server.address}/listen/${id}?lang=ca`);
  },
  async back(server, page) {
    const { listener, next } = await talk(server, page);
    for (let i = 10; i < 22; ++i) listener.final(next(), i, "Y así crece un bosque en medio de la ciudad, calle por calle.");
    await page.waitForTimeout(300);
    await page.mouse.move(200, 300);
    await page.mouse.wheel(0, -600);
  },
  async reconnecting(server, page) {
    const { listener } = await talk(server, page);
    await page.waitForTimeout(200);
    server.down = true;
    listener.cut();
  },
  async language(server, page) { await page.goto(`${server.address}/listen/${id}?lang=fr`); },
  async unknown(server, page) { await page.goto(`${server.address}/listen/silver-heron-100`); },
  async ended(server, page) {
    const { listener } = await talk(server, page);
    listener.status("ended");
    listener.close(1000);
  },
  async start(server, page) {
    server.demo = id;
    await page.goto(`${server.address}/`);
  },
  async wrongCode(server, page) {
    await page.goto(`${server.address}/`);
    await page.fill("#code", "Silver heron 100");
    await page.click("#join");
  },
};

const browser = await openBrowser();
const wanted = process.argv.slice(2);
for (const [name, scene] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const [width, height] of sizes) {
    for (const colorScheme of ["light", "dark"]) {
      const server = await FakeServer.start();
      const context = await browser.newContext({ viewport: { width, height }, colorScheme });
      const page = await context.newPage();
      await scene(server, page);
      await page.waitForTimeout(300);
      await picture(page, `${name}-${width}-${colorScheme}`);
      await context.close();
      await server.stop();
    }
  }
}
await browser.close();

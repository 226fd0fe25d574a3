// For working on the pages: `npm run fake`, then open the address it prints. PORT chooses the port.

import { FakeServer, id } from "./server.mjs";
import { hum, play } from "./talk.mjs";

const server = await FakeServer.start({ port: Number(process.env.PORT ?? 8088) });
server.demo = id;
let seq = 0;
server.onListener = (listener) => {
  const talks = new Map();
  const next = () => {
    const { lang } = listener;
    if (!talks.has(lang)) talks.set(lang, play(lang));
    return talks.get(lang).next().value;
  };
  const timer = setInterval(() => {
    const { segment, text, ...more } = next();
    if (more.final) ++seq;
    if (listener.channel === "captions") listener.caption(seq, segment, text, more);
    else if (more.final) listener.speech(segment, hum(2), { text });
  }, 300);
  listener.socket.on("close", () => clearInterval(timer));
};
console.log(`${server.address}/listen/${id}`);

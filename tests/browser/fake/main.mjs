// For working on the pages: `npm run fake`, then open the address it prints. PORT chooses the port.

import { FakeServer, id } from "./server.mjs";
import { play } from "./talk.mjs";

const server = await FakeServer.start({ port: Number(process.env.PORT ?? 8088) });
server.demo = id;
let seq = 0;
server.onListener = (listener) => {
  const captions = play(listener.lang);
  const timer = setInterval(() => {
    const { segment, text, ...more } = captions.next().value;
    if (more.final) ++seq;
    listener.caption(seq, segment, text, more);
  }, 300);
  listener.socket.on("close", () => clearInterval(timer));
};
console.log(`${server.address}/listen/${id}`);

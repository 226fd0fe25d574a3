// Prints the settled captions of a talk, one a line: node examples/listener/main.mjs [SERVER [TALK [LANGUAGE]]]

import { follow } from "./listener.mjs";
import { NodeSocket } from "./node_socket.mjs";

const [server = "http://localhost:8080", talk, lang = "es"] = process.argv.slice(2);

async function demoTalk() {
  const answer = await fetch(new URL("/v1/demo", server));
  const { session_id: id, error } = await answer.json();
  if (id === undefined) throw new Error(`no demo talk is on, so say which one to follow: ${error?.message}`);
  return id;
}

try {
  const id = talk ?? await demoTalk();
  console.error(`${id} in ${lang}`);
  await follow({
    server, id, lang, Socket: globalThis.WebSocket ?? NodeSocket,
    onSettled: ({ text }, corrects) => console.log(corrects ? `(corrected) ${text}` : text),
    onState: (state) => console.error(`[${state}]`),
  });
} catch (error) {
  console.error(`${server}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}

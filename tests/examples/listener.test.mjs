// The listener of examples/, on the demo talk of the real program, over a network that fails.

import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { follow } from "../../examples/listener/listener.mjs";
import { NodeSocket } from "../../examples/listener/node_socket.mjs";
import { patience, Program } from "../support/program.mjs";
import { until } from "../support/until.mjs";
import { run } from "./example.mjs";

const main = fileURLToPath(new URL("../../examples/listener/main.mjs", import.meta.url));

const program = new Program({ models: true });
let address;
let id;

before(async () => {
  program.start("--port", "0");
  address = await program.address();
  ({ session_id: id } = await (await fetch(`${address}/v1/demo`)).json());
});

/** What goes on for as long as it is let: the listeners, and the network between. */
const stopping = new AbortController();

after(async () => {
  stopping.abort();
  await program.remove();
});

/** A way to the server that can be cut, and stays so until it is mended. */
async function network() {
  const { port } = new URL(address);
  const sockets = new Set();
  let broken = false;
  const proxy = createServer((near) => {
    if (broken) return near.destroy();
    const far = connect(Number(port), "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  stopping.signal.addEventListener("abort", () => {
    proxy.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return {
    address: `http://127.0.0.1:${proxy.address().port}`,
    cut() {
      broken = true;
      sockets.forEach((socket) => socket.destroy());
    },
    mend() {
      broken = false;
    },
  };
}

/** Follows the demo talk; what it was told of, in order. */
function listener(server) {
  const told = { settled: [], states: [] };
  told.over = follow({
    server, id, lang: "es", Socket: NodeSocket, signal: stopping.signal,
    onSettled: ({ segment, seq, text }, corrects) => told.settled.push({ segment, seq, text, corrects }),
    onState: (state) => told.states.push(state),
  });
  // The program is killed at the end, and then the talk is not over.
  told.over.catch((error) => told.states.push(error.message));
  return told;
}

/** Segment → what it says in the end. */
const inTheEnd = ({ settled }) => new Map(settled.map(({ segment, text }) => [segment, text]));

test("what was settled while the network was gone comes when it is back, and nothing comes twice", async () => {
  const way = await network();
  const steady = listener(address);
  const cut = listener(way.address);
  const more = async (what, of) => {
    const before = of.settled.length;
    await until(what, () => of.settled.length > before, patience);
  };
  await more("a caption", cut);
  way.cut();
  await until("the loss is said", () => cut.states.includes("lost"), patience);
  await more("a caption that it misses", steady);
  const missed = steady.settled.at(-1);
  way.mend();
  await more("what was missed", cut);
  await more("a caption after that", cut);

  assert.ok(cut.settled.some(({ seq }) => seq === missed.seq), `${missed.text} came`);
  const revisions = cut.settled.map(({ seq }) => seq);
  assert.equal(new Set(revisions).size, revisions.length, `each once: ${revisions.join(" ")}`);
  const seen = new Set();
  for (const { segment, corrects } of cut.settled) {
    assert.equal(corrects, seen.has(segment), `segment ${segment}`);
    seen.add(segment);
  }
  const first = cut.settled[0].segment;
  const last = Math.max(...revisions);
  await until("the other is as far", () => steady.settled.some(({ seq }) => seq >= last), patience);
  const upToThere = { settled: steady.settled.filter(({ seq, segment }) => seq <= last && segment >= first) };
  assert.deepEqual(inTheEnd(cut), inTheEnd(upToThere));
});

test("the program prints a line for each", async (t) => {
  const { output, errors, code, kill } = run(main, address);
  t.after(async () => {
    kill();
    await code;
  });
  await until("two lines", () => output.length >= 2, patience);
  assert.deepEqual(errors.slice(0, 2), [`${id} in es`, "[live]"]);
  assert.ok(output.every((line) => line.trim() !== ""), output.join("\n"));
});

test("a talk that is not there ends it, with the reason", async () => {
  const { code, errors } = run(main, address, "golden-eagle-427");
  assert.equal(await code, 1);
  assert.match(errors.at(-1), /knows no such talk/);
});

test("a language that is not there ends it, with the reason", async () => {
  const { code, errors } = run(main, address, id, "xx");
  assert.equal(await code, 1);
  assert.match(errors.at(-1), /no captions in this language/);
});

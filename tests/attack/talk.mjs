// Somebody who talks: a recording, faster than it was spoken.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const recording = join("/usr/share/pocketsphinx/test/data/librivox",
  "sense_and_sensibility_01_austen_64kb-0880.wav");
const header = 44;
const piece = 3200 * 2; // 200 ms
const pause = 16_000 * 2 * 3; // 3 s

/** Says the recording into a session's audio socket, and is silent after it. */
export async function talk(speaker) {
  const audio = Buffer.concat([readFileSync(recording).subarray(header), Buffer.alloc(pause)]);
  for (let at = 0; at < audio.length; at += piece) {
    speaker.say(audio.subarray(at, at + piece));
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** The final captions that a socket was told of, each segment's latest revision, in order. */
export function finals(socket) {
  const segments = new Map();
  for (const message of socket.messages) {
    if (message.type === "caption" && message.final) segments.set(message.segment, message);
  }
  return [...segments.values()].sort((one, other) => one.segment - other.segment);
}

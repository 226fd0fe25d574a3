// Speech as it is sent: 16-bit little-endian mono samples at 16 kHz.

import { readFileSync } from "node:fs";

const recording = "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav";

/** The samples of a short recording. */
export function speech() {
  const bytes = readFileSync(recording);
  const at = bytes.indexOf("data", 12, "latin1");
  return bytes.subarray(at + 8, at + 8 + bytes.readUInt32LE(at + 4));
}

export const second = 32_000;

export const silence = (seconds) => Buffer.alloc(second * seconds);

/** In messages of a second. */
export function pieces(bytes) {
  const all = [];
  for (let at = 0; at < bytes.length; at += second) all.push(bytes.subarray(at, at + second));
  return all;
}

/** A speaker's socket that has started in a session. */
export async function speak(server, { session_id, speaker_token }) {
  const socket = await server.socket(`/v1/sessions/${session_id}/audio`);
  socket.say({ type: "start", token: speaker_token });
  return socket;
}

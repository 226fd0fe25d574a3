// Sound as the server takes it: 16-bit little-endian mono samples.

import { readFileSync } from "node:fs";

/** The samples of a WAV file that has nothing but a format of 16-bit mono before them. */
export function samplesOf(file) {
  const bytes = readFileSync(file);
  const at = bytes.indexOf("data", 12, "latin1");
  return bytes.subarray(at + 8, at + 8 + bytes.readUInt32LE(at + 4));
}

/** A tone; an amplitude past 1 is cut off, as by a microphone that is turned up too far. */
export function tone(seconds, { amplitude = 0.3, rate = 16_000, hertz = 440 } = {}) {
  const bytes = Buffer.alloc(2 * Math.round(seconds * rate));
  for (let i = 0; i < bytes.length / 2; ++i) {
    const value = amplitude * 32_767 * Math.sin((2 * Math.PI * hertz * i) / rate);
    bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(value))), 2 * i);
  }
  return bytes;
}

export function silence(seconds, { rate = 16_000 } = {}) {
  return Buffer.alloc(2 * Math.round(seconds * rate));
}

/** In pieces of that many bytes. */
export function inPieces(bytes, size) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

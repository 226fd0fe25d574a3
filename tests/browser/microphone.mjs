// Sound files, and a Chromium whose microphone plays one.

/** A WAV file of 16-bit mono samples; its header promises as many as that. */
export function wav(samples, { sampleRate, promised = samples.byteLength / 2 }) {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + promised * 2, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(promised * 2, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]);
}

/** Chromium's arguments for a microphone that plays that file. */
export const microphoneOf = (file) => [
  "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
  `--use-file-for-fake-audio-capture=${file}`,
];

/** For Chromium's arguments: the microphone is there, and the page is refused it. */
export const microphoneRefused = ["--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream"];

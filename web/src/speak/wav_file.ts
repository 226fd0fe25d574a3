// Whether a WAV file holds what its header promises. Browsers play what there is of one that was
// cut short, without a word; a speaker should know.

export type WavCheck =
  /** Not a WAV file: the browser's decoder decides. */
  | { readonly kind: "other" }
  | { readonly kind: "complete" }
  | { readonly kind: "empty" }
  /** `seconds` of `promised` are there; both 0 where not even the header is whole. */
  | { readonly kind: "cut"; readonly seconds: number; readonly promised: number };

const kChunkHeader = 8;
/** What programs write that do not know the length when they begin. */
const kUnknownSize = 0xffffffff;

function fourLetters(view: DataView, at: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4));
}

/** Walks the RIFF chunks as far as the sound. */
export function checkWav(bytes: ArrayBuffer): WavCheck {
  const view = new DataView(bytes);
  if (view.byteLength < 12 || fourLetters(view, 0) !== "RIFF" || fourLetters(view, 8) !== "WAVE") {
    return { kind: "other" };
  }
  let bytesPerSecond = 0;
  for (let at = 12; at + kChunkHeader <= view.byteLength;) {
    const name = fourLetters(view, at);
    const size = view.getUint32(at + 4, true);
    const body = at + kChunkHeader;
    const there = view.byteLength - body;
    if (name === "data") return checkData(size, there, bytesPerSecond);
    if (size > there) break;
    if (name === "fmt " && size >= 16) bytesPerSecond = view.getUint32(body + 8, true);
    at = body + size + (size % 2);
  }
  return { kind: "cut", seconds: 0, promised: 0 };
}

function checkData(size: number, there: number, bytesPerSecond: number): WavCheck {
  const promised = size === kUnknownSize ? there : size;
  if (promised === 0) return { kind: "empty" };
  if (promised <= there) return { kind: "complete" };
  const seconds = (length: number): number => (bytesPerSecond > 0 ? length / bytesPerSecond : 0);
  return { kind: "cut", seconds: seconds(there), promised: seconds(promised) };
}

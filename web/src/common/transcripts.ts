// Links to a talk's transcript, to keep.

import { transcriptAddress } from "./api";
import type { TranscriptFormat } from "./api";
import { make } from "./dom";

const kFormats: readonly TranscriptFormat[] = ["vtt", "srt", "jsonl"];

/** One link for each format, in that language. */
export function transcriptLinks(id: string, lang: string): HTMLAnchorElement[] {
  return kFormats.map((format) => {
    const link = make("a");
    link.href = transcriptAddress(id, format, lang);
    link.download = `${id}.${lang}.${format}`;
    link.textContent = `.${format}`;
    return link;
  });
}

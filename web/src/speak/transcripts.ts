// Links to what was said: a row for each language, a column for each format.

import { transcriptAddress } from "../common/api";
import type { TranscriptFormat } from "../common/api";
import { make } from "../common/dom";
import { nativeName } from "../common/language";
import type { Talk } from "../common/speaker_api";

const kFormats: readonly TranscriptFormat[] = ["vtt", "srt", "jsonl"];

export function fillTranscripts(rows: HTMLElement, talk: Talk): void {
  const languages = [...new Set([talk.language, ...talk.targets])];
  rows.replaceChildren(...languages.map((lang) => row(talk.id, lang)));
}

function row(id: string, lang: string): HTMLElement {
  const line = make("tr");
  const name = make("th");
  name.scope = "row";
  name.lang = lang;
  name.textContent = nativeName(lang);
  line.append(name);
  for (const format of kFormats) {
    const link = make("a");
    link.href = transcriptAddress(id, format, lang);
    link.download = `${id}.${lang}.${format}`;
    link.textContent = `.${format}`;
    link.setAttribute("aria-label", `${nativeName(lang)} .${format}`);
    const cell = make("td");
    cell.append(link);
    line.append(cell);
  }
  return line;
}

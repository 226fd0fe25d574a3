// Links to what was said: a row for each language, a column for each format.

import { make } from "../common/dom";
import { nativeName } from "../common/language";
import type { Talk } from "../common/speaker_api";
import { transcriptLinks } from "../common/transcripts";

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
  for (const link of transcriptLinks(id, lang)) {
    link.setAttribute("aria-label", `${nativeName(lang)} ${link.textContent}`);
    const cell = make("td");
    cell.append(link);
    line.append(cell);
  }
  return line;
}

// Who hears the talks, and whether that is who should.

import type { Answer } from "./api";
import { counted } from "./format";
import { marked } from "./icons";
import { number, object, text } from "../common/json";
import type { Json } from "../common/json";
import { byId, setText } from "../common/dom";

export interface Recogniser {
  /** "Moonshine base-en"; empty where the server does not say. */
  readonly name: string;
  /** Why it is not the preferred one; empty where it is. */
  readonly instead: string;
  /** Talks that the one that stands by has taken over. */
  readonly takeovers: number;
}

export function readRecogniser(json: Json): Recogniser | undefined {
  if (json["status"] !== "ready") return undefined;
  const recogniser = object(json["recogniser"]);
  return {
    name: text(recogniser["name"]),
    instead: text(recogniser["instead"]),
    takeovers: number(recogniser["takeovers"]) ?? 0,
  };
}

function warningOf({ instead, takeovers }: Recogniser): string {
  if (instead !== "") {
    return "PocketSphinx recognises in place of Moonshine, and many words are wrong: " +
      `${instead}. Then start the server again.`;
  }
  if (takeovers === 0) return "";
  return `Moonshine has failed in ${counted(takeovers, "talk")}: PocketSphinx goes on there, with finals only, until ` +
    "Moonshine has had a pause. The server’s log says why (recogniser_takeover).";
}

export class RecogniserLine {
  private readonly line = byId("recogniser", HTMLElement);
  private readonly warning = byId("recogniser-warning", HTMLElement);
  private warned = "";

  /** Without an answer what was known stays: it does not change while a server runs. */
  show(answer: Answer<Recogniser>): void {
    if (answer.kind !== "ok") return;
    const { name } = answer.value;
    this.line.hidden = name === "";
    setText(this.line, `Recogniser: ${name}`);
    const warning = warningOf(answer.value);
    if (warning === this.warned) return;
    this.warned = warning;
    this.warning.replaceChildren(...(warning === "" ? [] : [marked("warning", warning, "")]));
  }
}

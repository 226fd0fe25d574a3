// Whose token the console has, and what it is good for.

import type { Answer } from "./api";
import { byId, setText } from "../common/dom";
import { text } from "../common/json";
import type { Json } from "../common/json";

export interface Caller {
  readonly name: string;
  /** A viewer reads everything and changes nothing. */
  readonly role: "viewer" | "operator";
}

export function readCaller(json: Json): Caller | undefined {
  const name = text(json["name"]);
  const role = json["role"];
  return name !== "" && (role === "viewer" || role === "operator") ? { name, role } : undefined;
}

/** The line at the top; what a viewer may not do is not shown (console.css). */
export class CallerLine {
  private readonly line = byId("caller", HTMLElement);

  show(answer: Answer<Caller>): void {
    if (answer.kind !== "ok") return;
    const { name, role } = answer.value;
    setText(this.line, role === "viewer" ? `${name}: you see everything and change nothing` : name);
    this.line.hidden = false;
    document.body.dataset["role"] = role;
  }
}

// Why a talk has early captions, or not.

import type { OperatorApi } from "./api";
import { normalizeCode } from "../common/code";
import { figure } from "./format";
import { marked } from "./icons";
import type { Explained } from "./wire";
import { byId, make, setText } from "../common/dom";

/** The code as typed where the server would take it, else as people say it aloud. */
export function idOf(typed: string): string {
  const trimmed = typed.trim();
  return /^[A-Za-z0-9._-]{1,64}$/.test(trimmed) ? trimmed : normalizeCode(trimmed);
}

/** A decision's reason in words. */
export function reasonInWords(reason: string, bucket: number | null, percentage: number | null): string {
  const share = percentage === null ? "the percentage" : `${figure(percentage)} %`;
  const own = bucket === null ? "its bucket" : `its bucket, ${bucket},`;
  switch (reason) {
    case "rollout": return `${own} is below ${share}`;
    case "outside_rollout": return `${own} is not below ${share}`;
    case "disabled": return "early captions are disabled for everybody";
    case "environment_off": return "PARTIAL_RESULTS_ENABLED=false in the server’s environment";
    case "override_on": return "an override for this talk says on";
    case "override_off": return "an override for this talk says off";
    case "control_group": return `${own} is kept for control`;
    case "stepped_back": return "the rollout stepped back while it went on";
    case "a_a": return `${own} is the canary’s, which gets nothing in an A/A trial`;
    case "fallback": return "there is no flag to be had, so finals only";
    default: return reason;
  }
}

function sentences(explained: Explained): string[] {
  const { id, enabled, reason, bucket, percentage, version, session } = explained;
  const onOff = (on: boolean): string => (on ? "on" : "off");
  const by = version === null ? "" : ` (version ${version} of the flag)`;
  const now = `A talk ${id} that began now would be ${onOff(enabled)}: ${reasonInWords(reason, bucket, percentage)}${by}.`;
  if (session === undefined) return [now, "No talk with this code is known here."];
  const given = session.version === null ? "" : `, by version ${session.version} of the flag`;
  const why = reasonInWords(session.reason, bucket, null);
  const stays = session.enabled ? " Only Disable, or an override that says off, changes that." : "";
  const began = `The talk is ${session.state} and ${onOff(session.enabled)}${given}: ${why}.${stays}`;
  return [began, now];
}

export class Lookup {
  private readonly field = byId("lookup-id", HTMLInputElement);
  private readonly answer = byId("lookup-answer", HTMLElement);
  private asked = 0;

  constructor(private readonly api: OperatorApi) {
    byId("lookup-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask(this.field.value);
    });
  }

  /** Looks up that talk, as if somebody had typed it. */
  lookUp(id: string): void {
    this.field.value = id;
    this.field.focus();
    void this.ask(id);
  }

  private async ask(typed: string): Promise<void> {
    const id = idOf(typed);
    const number = ++this.asked;
    if (id === "") return this.say(["Type a talk’s code, such as golden-eagle-427."]);
    this.say([`Asking about ${id}…`]);
    const answer = await this.api.explain(id);
    if (number !== this.asked) return;
    if (answer.kind === "failed") return this.say([`The server says: ${answer.message}.`]);
    if (answer.kind !== "ok") return this.say(["The server does not answer. Try again in a moment."]);
    const on = answer.value.session?.enabled ?? answer.value.enabled;
    this.say(sentences(answer.value));
    this.answer.prepend(marked(on ? "go" : "hold", `${id}: ${on ? "on" : "off"}`, "found"));
  }

  private say(lines: readonly string[]): void {
    this.answer.replaceChildren(...lines.map((line) => {
      const paragraph = make("p");
      setText(paragraph, line);
      return paragraph;
    }));
  }
}

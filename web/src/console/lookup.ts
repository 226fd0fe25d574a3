// Why a talk has early captions, or not.

import type { OperatorApi } from "./api";
import { normalizeCode } from "../common/code";
import { figure, moment } from "./format";
import { marked } from "./icons";
import type { Decided, Explained, ExplainedSession } from "./explained_wire";
import { byId, make, setText } from "../common/dom";

/** The code as typed where the server would take it, else as people say it aloud. */
export function idOf(typed: string): string {
  const trimmed = typed.trim();
  return /^[A-Za-z0-9._-]{1,64}$/.test(trimmed) ? trimmed : normalizeCode(trimmed);
}

/** A decision's reason in words. */
export function reasonInWords({ reason, bucket, percentage }: Decided): string {
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

const onOff = (on: boolean): string => (on ? "on" : "off");

const byVersion = (version: number | null): string => (version === null ? "" : ` (version ${version} of the flag)`);

/** Since when a talk that began with early captions has them no more, and why. */
function switchedOff(session: ExplainedSession, now: number): string {
  const { version, since, by, why, acted } = session;
  const when = since === "" ? "" : ` since ${moment(since, now)}`;
  const who = by === "" ? "" : `, by ${by}${why === "" ? "" : `: ${why.replace(/\.$/, "")}`}`;
  const then = acted ? "It stays off for as long as it goes on." : "Its server has still to act on it.";
  return `It is off${when}: ${reasonInWords(session)}${byVersion(version)}${who}. ${then}`;
}

function sentences({ id, fresh, session, aboutTo }: Explained, now: number): string[] {
  const next = `A talk ${id} that began now would be ${onOff(fresh.enabled)}: ` +
    `${reasonInWords(fresh)}${byVersion(fresh.version)}.`;
  const soon = aboutTo === "" ? [] : [aboutTo];
  if (session === undefined) return [next, ...soon, "No talk with this code is known here."];
  const { given } = session;
  const since = moment(session.createdAt, now);
  const began = `The talk is ${session.state}${since === "" ? "" : `, since ${since}`}. It began with ` +
    `early captions ${onOff(given.enabled)}${byVersion(given.version)}: ${reasonInWords(given)}.`;
  const off = given.enabled && !session.enabled;
  const stays = session.enabled && session.state !== "ended" ? ["Only Disable, a step back, or an override that says off, changes that."] : [];
  return [began, ...(off ? [switchedOff(session, now)] : stays), next, ...soon];
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
    const { session, fresh } = answer.value;
    const on = session === undefined || session.state === "ended" ? fresh.enabled : session.enabled;
    this.say(sentences(answer.value, Date.now()));
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

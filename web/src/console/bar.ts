// The top line, to be read from two metres: how far the rollout is, whether it is safe to go on, and
// why.

import { counted, duration, figure, moment } from "./format";
import { IconPlace } from "./icons";
import type { ConsoleIcon } from "./icons";
import { kStaleAfter, Panel } from "./panel";
import type { Criteria, Decision, Flag, InForce } from "./wire";
import { byId, setText } from "../common/dom";

const kWords: Readonly<Record<Decision | "unknown", string>> = {
  go_on: "Safe to go on", hold: "Hold", roll_back: "Roll back", unknown: "Not known",
};
const kIcons: Readonly<Record<Decision | "unknown", ConsoleIcon>> = {
  go_on: "go", hold: "hold", roll_back: "back", unknown: "unknown",
};

/** What the server acts by: nobody has early captions when this is false. */
export function isOn(flag: Flag): boolean {
  return flag.enabled && (flag.inForce?.enabled ?? true);
}

/** Why nobody has early captions, or how far the value has got; one line. */
export function noteOf(flag: Flag): string {
  if (!flag.enabled) return `${figure(flag.percentage)} % once it is enabled`;
  if (flag.inForce?.environmentOff) return "PARTIAL_RESULTS_ENABLED=false in this server’s environment";
  if (flag.inForce?.source === "none") return "this server has no flag: finals only";
  const all = flag.processes.length;
  const acting = flag.processes.filter((reader) => reader.version === flag.version).length;
  const where = all === 0 ? "" : `, in force in ${acting} of ${counted(all, "process", "processes")}`;
  const here = flag.inForce?.percentage ?? null;
  const differs = here !== null && here !== flag.percentage ? `; this server still goes by ${figure(here)} %` : "";
  return `version ${flag.version}${where}${differs}`;
}

export class Bar {
  private readonly phase = byId("phase", HTMLElement);
  private readonly percentage = byId("percentage", HTMLElement);
  private readonly note = byId("percentage-note", HTMLElement);
  private readonly decision = byId("decision", HTMLElement);
  private readonly why = byId("why", HTMLElement);
  private readonly icon = new IconPlace("unknown");
  private readonly word = document.createElement("span");
  private readonly flagPanel = new Panel("percentage-now");
  private flag: Flag | undefined;
  private inForce: InForce | undefined;
  private criteria: Criteria | undefined;
  private trouble = "";

  constructor() {
    byId("word", HTMLElement).append(this.icon.element, this.word);
  }

  showFlag(flag: Flag, now: number): void {
    this.flag = flag;
    this.inForce = undefined;
    this.flagPanel.took(now);
  }

  /** The store is down; this is what the server says about itself, if it does. */
  showInForce(inForce: InForce | undefined): void {
    this.inForce = inForce;
  }

  showCriteria(criteria: Criteria): void {
    this.criteria = criteria;
    this.trouble = "";
  }

  /** There are no criteria to be had. */
  showTrouble(message: string): void {
    this.criteria = undefined;
    this.trouble = message;
  }

  /** @param age of the criteria, in milliseconds */
  tick(now: number, age: number | undefined): void {
    this.flagPanel.tick(now);
    this.paintFlag(now);
    this.paintDecision(age);
  }

  private paintFlag(now: number): void {
    const { flag, criteria } = this;
    const since = moment(criteria?.phase.since ?? "", now);
    // "Off" is said below, in large letters.
    const name = criteria?.phase.name ?? "";
    const parts = [name === "off" ? "" : name, since === "" ? "" : `since ${since}`];
    setText(this.phase, parts.filter((part) => part !== "").join(", "));
    if (flag === undefined) {
      setText(this.percentage, this.inForce === undefined ? "–" : this.inForce.enabled ? "On" : "Off");
      setText(this.note, "");
      return;
    }
    setText(this.percentage, isOn(flag) ? `${figure(flag.percentage)} %` : "Off");
    setText(this.note, noteOf(flag));
  }

  private paintDecision(age: number | undefined): void {
    const known = this.criteria;
    // An old "safe" is not one.
    const isOld = age !== undefined && age > kStaleAfter;
    const decision = known === undefined || isOld ? "unknown" : known.decision;
    this.decision.dataset["decision"] = decision;
    this.icon.now(kIcons[decision]);
    setText(this.word, kWords[decision]);
    setText(this.why, whyOf(known, this.trouble, isOld ? age : undefined));
    const share = this.percentage.textContent ?? "";
    document.title = `${kWords[decision]} · ${share} · Sotto console`;
  }
}

function whyOf(criteria: Criteria | undefined, trouble: string, oldAge: number | undefined): string {
  if (criteria === undefined) {
    return trouble === "" ? "Waiting for the server’s criteria." : `The server says: ${trouble}.`;
  }
  if (oldAge === undefined) return criteria.why;
  return `${duration(oldAge / 1000)} ago it was: ${kWords[criteria.decision].toLowerCase()}.`;
}

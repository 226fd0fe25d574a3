// The talks that go on now.

import type { Answer } from "./api";
import { counted, duration, figure, quantityOrNone } from "./format";
import { Panel } from "./panel";
import { addCell, Rows, setLines } from "./rows";
import type { Row } from "./rows";
import type { LiveSession } from "./wire";
import { make, setText } from "../common/dom";

/** More rows than this help nobody; the rest is counted. */
const kMostRows = 100;

const kReasons: Readonly<Record<string, string>> = {
  rollout: "by percentage", outside_rollout: "by percentage", disabled: "disabled",
  environment_off: "server’s environment", override_on: "override", override_off: "override",
  control_group: "kept for control", stepped_back: "stepped back", a_a: "A/A trial", fallback: "no flag",
};

/** Where the server's word for a state is not what people say. */
const kStates: Readonly<Record<string, string>> = { away: "no speaker" };

/** "early", "by percentage"; and where that has changed since the talk began, what it was. */
function captionsOf({ early, given, reason }: LiveSession): [string, string] {
  const why = kReasons[reason] ?? reason;
  if (early || !given) return [early ? "early" : "final only", why];
  return ["final only", `began with early ones, ${why}`];
}

function listeners({ listeners: total, byLanguage }: LiveSession): [string, string] {
  const each = byLanguage.map(({ language, count }) => `${language} ${figure(count, 0)}`).join(", ");
  return [total === null ? "–" : figure(total, 0), each];
}

/** From here on captions come visibly later, in seconds. */
const kLongLag = 1.5;

const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** "0.4 s", and how much sound was lost, where any was. */
function lagOf({ lag, dropped }: LiveSession): [string, string] {
  return [lag === null ? "–" : seconds(lag), dropped > 0 ? `${seconds(dropped)} lost` : ""];
}

/** What it means that recognisers lag; empty while none does for long. */
function lagNote(all: readonly LiveSession[]): string {
  const lags = all.map(({ lag }) => lag ?? 0);
  const late = lags.filter((lag) => lag >= kLongLag).length;
  if (late === 0) return "";
  const lost = all.some(({ dropped }) => dropped > 0);
  return `${counted(late, "talk")} of ${figure(all.length, 0)} lag${late === 1 ? "s" : ""} by ${kLongLag} s or more, ` +
    `up to ${seconds(Math.max(...lags))}: captions come in longer steps, ` +
    (lost ? "and sound was lost. Begin no more talks on this server." : "and nothing is lost.");
}

export class SessionTable {
  readonly panel = new Panel("sessions");
  private readonly none = this.panel.part<HTMLElement>("#sessions-none");
  private readonly scroller = this.panel.part<HTMLElement>(".scroller");
  private readonly lag = this.panel.part<HTMLElement>("#lag");
  private readonly rows = new Rows<LiveSession>(
    this.panel.part("tbody"), (session) => session.id, (session) => this.row(session.id));

  /**
   * @param lookUp is asked why a talk is on or off
   * @param end is asked to end one
   */
  constructor(
    private readonly lookUp: (id: string) => void,
    private readonly end: (id: string) => void,
  ) {}

  show(answer: Answer<readonly LiveSession[]>, now: number): void {
    if (!this.panel.heard(answer)) return;
    const all = answer.value;
    this.rows.show(all.slice(0, kMostRows));
    this.none.hidden = all.length > 0;
    this.scroller.hidden = all.length === 0;
    setText(this.lag, lagNote(all));
    const early = all.filter((session) => session.early).length;
    const shown = all.length > kMostRows ? `, the first ${kMostRows} shown` : "";
    this.panel.took(now, "",
      all.length === 0 ? "" : `${counted(all.length, "talk")}, ${early} with early captions${shown}`);
  }

  private row(id: string): Row<LiveSession> {
    const element = make("tr");
    const name = addCell(element, "th");
    const state = addCell(element);
    const captions = addCell(element);
    const arm = addCell(element);
    const p50 = addCell(element, "number");
    const p95 = addCell(element, "number");
    const wordLag = addCell(element, "number");
    const lag = addCell(element, "number");
    const people = addCell(element, "number");
    const audio = addCell(element, "number");
    const button = make("button", "link");
    button.type = "button";
    button.textContent = id;
    button.title = `Why is ${id} on or off?`;
    button.addEventListener("click", () => this.lookUp(id));
    name.append(button);
    const ending = make("button", "link");
    ending.type = "button";
    ending.textContent = "End";
    ending.setAttribute("aria-label", `End ${id}`);
    ending.addEventListener("click", () => this.end(id));
    addCell(element).append(ending);
    return {
      element,
      show: (session) => {
        setLines(state, kStates[session.state] ?? session.state, session.language);
        setLines(captions, ...captionsOf(session));
        setText(arm, session.arm);
        setText(p50, quantityOrNone(session.p50, "ms"));
        setText(p95, quantityOrNone(session.p95, "ms"));
        setText(wordLag, quantityOrNone(session.wordLag, "ms"));
        setLines(lag, ...lagOf(session));
        setLines(people, ...listeners(session));
        setText(audio, session.audioSeconds === null ? "–" : duration(session.audioSeconds));
      },
    };
  }
}

// The talks that go on now.

import type { Answer } from "./console_api";
import { counted, duration, figure, quantityOrNone } from "./console_format";
import { Panel } from "./console_panel";
import { addCell, Rows, setLines } from "./console_rows";
import type { Row } from "./console_rows";
import type { LiveSession } from "./console_wire";
import { make, setText } from "./dom";

/** More rows than this help nobody; the rest is counted. */
const kMostRows = 100;

const kReasons: Readonly<Record<string, string>> = {
  rollout: "by percentage", outside_rollout: "by percentage", disabled: "disabled",
  environment_off: "server’s environment", override_on: "override", override_off: "override",
  control_group: "kept for control", stepped_back: "stepped back", a_a: "A/A trial", fallback: "no flag",
};

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

export class SessionTable {
  readonly panel = new Panel("sessions");
  private readonly none = this.panel.part<HTMLElement>("#sessions-none");
  private readonly scroller = this.panel.part<HTMLElement>(".scroller");
  private readonly rows = new Rows<LiveSession>(
    this.panel.part("tbody"), (session) => session.id, (session) => this.row(session.id));

  /** @param lookUp is asked why a talk is on or off */
  constructor(private readonly lookUp: (id: string) => void) {}

  show(answer: Answer<readonly LiveSession[]>, now: number): void {
    if (!this.panel.heard(answer)) return;
    const all = answer.value;
    this.rows.show(all.slice(0, kMostRows));
    this.none.hidden = all.length > 0;
    this.scroller.hidden = all.length === 0;
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
    const people = addCell(element, "number");
    const audio = addCell(element, "number");
    const button = make("button", "link");
    button.type = "button";
    button.textContent = id;
    button.title = `Why is ${id} on or off?`;
    button.addEventListener("click", () => this.lookUp(id));
    name.append(button);
    return {
      element,
      show: (session) => {
        setLines(state, session.state, session.language);
        setLines(captions, ...captionsOf(session));
        setText(arm, session.arm);
        setText(p50, quantityOrNone(session.p50, "ms"));
        setText(p95, quantityOrNone(session.p95, "ms"));
        setLines(people, ...listeners(session));
        setText(audio, session.audioSeconds === null ? "–" : duration(session.audioSeconds));
      },
    };
  }
}

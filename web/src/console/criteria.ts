// The success criteria as a table: what is measured, what may be, and the verdict in a word.

import type { Answer } from "./api";
import { counted, figure, quantity, quantityOrNone } from "./format";
import { IconPlace } from "./icons";
import type { ConsoleIcon } from "./icons";
import { Panel } from "./panel";
import { addCell, Rows, setLines } from "./rows";
import type { Row } from "./rows";
import type { Criteria, Criterion, Verdict } from "./wire";
import { make, setText } from "../common/dom";

const kVerdicts: Readonly<Record<Verdict, { icon: ConsoleIcon; word: string }>> = {
  pass: { icon: "go", word: "Pass" },
  fail: { icon: "fail", word: "Fail" },
  inconclusive: { icon: "few", word: "Inconclusive" },
  voided: { icon: "few", word: "Void" },
  not_enough_data: { icon: "few", word: "Not enough data" },
};

/** What is to be above its limit; everything else is to be below. */
const kAtLeast: ReadonlySet<string> = new Set(["cache_hit_rate"]);

/** What is held against control alone, so that there is no other limit. */
const kNoLimit: ReadonlySet<string> = new Set([
  "error_rate",
  "sample_ratio",
  "session_length",
  "listeners_left",
]);

/** What the interval is of: canary to control, as a ratio. */
const kRatios: ReadonlySet<string> = new Set(["latency_ratio", "stability", "session_length"]);

/** What the interval is of: the difference from control, in percentage points. */
const kDifferences: ReadonlySet<string> = new Set([
  "error_rate",
  "feedback",
  "cache_hit_rate",
  "listeners_left",
]);

function limitOf({ name, limit, unit }: Criterion): string {
  if (limit === null || kNoLimit.has(name)) return "–";
  return kAtLeast.has(name) ? `at least ${quantity(limit, unit)}` : quantity(limit, unit);
}

/** "1.4 s against 3.9 s", as far as both are known. */
export function comparison(criterion: Criterion): string {
  const { canary, control, unit } = criterion;
  if (control === null) return "–";
  const first = canary !== null && unit.startsWith("/") ? figure(canary) : quantityOrNone(canary, unit);
  return `${first} against ${quantity(control, unit)}`;
}

/** "surely −2 to +6 points of control's"; empty where it could be any. */
function difference([low, high]: readonly [number | null, number | null]): string {
  if (low === null || high === null || high - low >= 200) return "";
  const signed = (points: number): string => `${points < 0 ? "−" : "+"}${figure(Math.abs(points))}`;
  return `surely ${signed(low)} to ${signed(high)} points of control's`;
}

/** "surely 0.31 × to 0.42 ×", "surely up to $0.05"; empty where nothing is known about it. */
export function certainty({ name, interval, unit }: Criterion): string {
  if (interval === null) return "";
  if (kDifferences.has(name)) return difference(interval);
  const ofRatio = kRatios.has(name);
  const end = (value: number): string => quantity(value, ofRatio ? "×" : unit);
  const [low, high] = interval;
  if (high === null) return low === null ? "" : `surely from ${end(low)}`;
  return low === null || low <= 0 ? `surely up to ${end(high)}` : `surely ${end(low)} to ${end(high)}`;
}

/** "812 / 7,001"; nothing where none are needed for the verdict. */
function samples({ samples: { canary, control }, verdict }: Criterion): string {
  const none = (canary ?? 0) + (control ?? 0) === 0;
  if (none && verdict !== "not_enough_data") return "–";
  const said = (count: number | null): string => (count === null ? "–" : figure(count, 0));
  return `${said(canary)} / ${said(control)}`;
}

function criterionRow(): Row<Criterion> {
  const element = make("tr");
  const title = addCell(element, "th");
  const now = addCell(element, "number");
  const limit = addCell(element, "number");
  const against = addCell(element, "number");
  const count = addCell(element, "number");
  const verdict = addCell(element);
  const icon = new IconPlace("few");
  const word = make("span");
  const mark = make("span", "verdict");
  mark.append(icon.element, word);
  verdict.append(mark);
  return {
    element,
    show: (criterion) => {
      setLines(title, criterion.title, criterion.why);
      setText(now, quantityOrNone(criterion.canary, criterion.unit));
      setText(limit, limitOf(criterion));
      // A ratio says it all; there is no second value to set beside it.
      const sure = certainty(criterion);
      const alone = criterion.control === null && sure !== "";
      setLines(against, alone ? sure : comparison(criterion), alone ? "" : sure);
      setText(count, samples(criterion));
      element.dataset["verdict"] = criterion.verdict;
      icon.now(kVerdicts[criterion.verdict].icon);
      setText(word, kVerdicts[criterion.verdict].word);
    },
  };
}

function noteOf({ windowMinutes, live }: Criteria): string {
  const window = windowMinutes === null ? "" : `Of the phase, and of the last ${windowMinutes} min`;
  const talks = live.canary === null || live.control === null ? ""
    : `live now: ${counted(live.canary, "canary talk")}, ${figure(live.control, 0)} in control`;
  return window === "" || talks === "" ? window + talks : `${window}; ${talks}`;
}

export class CriteriaTable {
  readonly panel = new Panel("criteria");
  private readonly rows = new Rows<Criterion>(
    this.panel.part("tbody"), (criterion) => criterion.name, criterionRow);

  show(answer: Answer<Criteria>, now: number): void {
    if (!this.panel.heard(answer)) return;
    this.rows.show(answer.value.criteria);
    this.panel.took(now, answer.value.takenAt, noteOf(answer.value));
  }
}

// What the four charts show, without how: lines, marks, limits, and the same in words.

import { figure, moment, quantity } from "./format";
import { alarmUnit } from "./alarms";
import { eachMeasure } from "./wire";
import type { Alarm, Arm, Criterion, Difference, Measure, Measures, Series, Values, Version } from "./wire";

export type Side = "left" | "right";

export interface Line {
  readonly name: string;
  readonly arm: Arm;
  readonly measure: Measure;
  readonly side: Side;
  /** Lengths of strokes and gaps, in pixels, so that lines differ without colour; empty: unbroken. */
  readonly dash: readonly number[];
  readonly width: number;
  /** Each value is a dot, of that width, and nothing joins them. */
  readonly dots?: boolean;
}

export interface Plan {
  readonly id: string;
  readonly title: string;
  /** Of the left axis, and of the right one where there is one. */
  readonly units: Readonly<Partial<Record<Side, string>>> & { readonly left: string };
  readonly lines: readonly Line[];
}

/** A flag's change, as a vertical line. */
export interface Mark {
  /** Unix seconds. */
  readonly at: number;
  /** Short enough to stand in a chart. */
  readonly label: string;
}

/** A value that is not to be passed, as a horizontal line. */
export interface Limit {
  readonly value: number;
  readonly side: Side;
  readonly label: string;
}

/** The two measures of a chart for both arms: the colour says which arm, the strokes which line. */
function lines(first: [Measure, string], second: [Measure, string], secondSide: Side): Line[] {
  const line = (
    [measure, name]: [Measure, string], arm: Arm, side: Side, dash: number[], width: number,
  ): Line => ({ name: `${arm} ${name}`, arm, measure, side, dash, width });
  return [
    line(first, "canary", "left", [], 2.5),
    line(first, "control", "left", [9, 4], 2),
    line(second, "canary", secondSide, [2, 3], 2.5),
    line(second, "control", secondSide, [9, 3, 2, 3], 2),
  ];
}

export const kPlans: readonly Plan[] = [
  {
    id: "latency", title: "Latency, from word to caption", units: { left: "ms" },
    lines: lines(["latency_p95_ms", "p95"], ["latency_p50_ms", "p50"], "left"),
  },
  {
    id: "word-lag", title: "Word lag, from a word’s end to its first caption", units: { left: "ms" },
    lines: lines(["word_lag_p95_ms", "p95"], ["word_lag_p50_ms", "p50"], "left"),
  },
  {
    id: "errors", title: "Errors and fallbacks a minute", units: { left: "" },
    lines: lines(["errors", "errors"], ["fallbacks", "fallbacks"], "left"),
  },
  {
    id: "dropped", title: "Dropped a minute, orphaned in a talk", units: { left: "" },
    lines: lines(["dropped", "dropped"], ["orphaned_max", "orphaned"], "left"),
  },
  {
    id: "cost", title: "Cost per listener-hour, cache hits", units: { left: "USD", right: "%" },
    lines: lines(["cost_per_listener_hour", "cost"], ["cache_hit_rate", "hits"], "right"),
  },
];

export function unitOf(plan: Plan, line: Line): string {
  return plan.units[line.side] ?? "";
}

function label(changes: readonly Difference[], version: number): string {
  const of = (field: string): string | undefined => changes.find((c) => c.field === field)?.after;
  const percentage = of("rollout_percentage");
  const enabled = of("enabled");
  if (enabled === "false") return "off";
  if (percentage !== undefined) return `${percentage} %`;
  return enabled === "true" ? "on" : `v${version}`;
}

function worstOf(measure: Measure, values: Values): number | null {
  const measured = values.filter((value): value is number => value !== null);
  if (measured.length === 0) return null;
  return measure === "cache_hit_rate" ? Math.min(...measured) : Math.max(...measured);
}

/** The worst minute of each `minutes`, aligned to the clock, so that they stay as time goes on. */
export function thinned(series: Series, minutes: number): Series {
  const starts: number[] = [];
  const firsts: number[] = [];
  series.times.forEach((time, i) => {
    const start = time - (time % (minutes * 60));
    if (start === starts[starts.length - 1]) return;
    starts.push(start);
    firsts.push(i);
  });
  const thin = (measure: Measure, values: Values): Values =>
    firsts.map((first, i) => worstOf(measure, values.slice(first, firsts[i + 1])));
  const arm = (of: Arm): Measures => eachMeasure((measure) => thin(measure, series.arms[of][measure]));
  return { ...series, times: starts, arms: { canary: arm("canary"), control: arm("control") } };
}

/** The changes between two times, in Unix seconds, oldest first. */
export function marksOf(history: readonly Version[], from: number, to: number): Mark[] {
  return history
    .map(({ changedAt, changes, version }) => ({
      at: new Date(changedAt).getTime() / 1000, label: label(changes, version),
    }))
    .filter(({ at }) => at >= from && at <= to)
    .sort((a, b) => a.at - b.at);
}

/** The thresholds that the alarms and the criteria have, for each chart by its id. */
export function limitsOf(
  alarms: readonly Alarm[], criteria: readonly Criterion[],
): ReadonlyMap<string, readonly Limit[]> {
  const ofAlarm = (ending: string): Limit[] => alarms
    .filter(({ name, threshold }) => name.endsWith(ending) && threshold !== null)
    .map(({ name, threshold }) => ({
      value: threshold ?? 0, side: "left", label: `alarm above ${quantity(threshold ?? 0, alarmUnit(name))}`,
    }));
  const ofCriterion = (wanted: string, side: Side, word: string): Limit[] => criteria
    .filter(({ name, limit }) => name === wanted && limit !== null)
    .map(({ limit, unit }) => ({ value: limit ?? 0, side, label: `${word} ${quantity(limit ?? 0, unit)}` }));
  return new Map([
    ["latency", ofAlarm("latency-high")],
    ["dropped", [...ofAlarm("rate-limit-high"), ...ofAlarm("orphaned-results-high")]],
    ["cost", [
      ...ofCriterion("cost", "left", "cost below"), ...ofCriterion("cache_hit_rate", "right", "hits at least"),
    ]],
  ]);
}

/** The last value that was measured, and its place; undefined when none was. */
export function lastOf(values: Values): { value: number; index: number } | undefined {
  for (let index = values.length - 1; index >= 0; --index) {
    const value = values[index];
    if (value !== null && value !== undefined) return { value, index };
  }
  return undefined;
}

/** The chart in words, for those who do not see it. */
export function summaryOf(plan: Plan, series: Series, marks: readonly Mark[], now: number): string {
  const parts = plan.lines.map((line) => {
    const values = series.arms[line.arm][line.measure];
    const measured = values.filter((value): value is number => value !== null);
    const last = lastOf(values);
    if (last === undefined) return `${line.name}: nothing measured.`;
    const unit = unitOf(plan, line);
    const low = quantity(Math.min(...measured), unit);
    const high = quantity(Math.max(...measured), unit);
    const range = low === high ? `${low} throughout` : `${low} to ${high}, last ${quantity(last.value, unit)}`;
    return `${line.name}: ${range}, in ${figure(measured.length)} of ${figure(values.length)} points.`;
  });
  const changes = marks.map(({ at, label: what }) =>
    `${what} at ${moment(new Date(at * 1000).toISOString(), now)}`);
  return [...parts, changes.length === 0 ? "No change of the flag." : `Changes of the flag: ${changes.join(", ")}.`].join(" ");
}

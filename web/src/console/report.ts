// The charts of the rollout's report: one file that is read without a server, so its data is in it.
// The tables are in the page already.

import { Chart, kUtc } from "./chart";
import { duration, quantity } from "./format";
import { list, number, object, text } from "../common/json";
import type { Json } from "../common/json";
import { kPlans } from "./series";
import type { Limit, Mark, Plan, Side } from "./series";
import { eachMeasure, kArms, readArms } from "./wire";
import type { Arm, Measures, Series } from "./wire";
import { byId } from "../common/dom";

/** Each session's p95 as a dot: lines between sessions would say nothing. */
const kSessions: Plan = {
  id: "sessions-p95", title: "Each session’s p95 latency", units: { left: "ms" },
  lines: kArms.map((arm) => ({
    name: arm, arm, measure: "latency_p95_ms", side: "left", dash: [], width: arm === "canary" ? 5 : 4, dots: true,
  })),
};

/** The console's charts, for steps longer than a minute. */
function plans(stepSeconds: number): Plan[] {
  const titles: Readonly<Record<string, string>> = {
    errors: `Errors and fallbacks, each ${duration(stepSeconds)}`,
    dropped: "Dropped in the worst minute, orphaned in a talk",
  };
  return kPlans.map((plan) => ({ ...plan, title: titles[plan.id] ?? plan.title }));
}

function stepSeries(data: Json, to: number): Series {
  const times = list(data["times"]).map((time) => number(time) ?? 0);
  return { takenAt: "", now: to, times, arms: readArms(data["arms"], times.length) };
}

function sessionSeries(data: Json, to: number): Series {
  const sessions = object(data["sessions"]);
  const dots = kArms.flatMap((arm) => list(sessions[arm]).map(list)
    .map(([at, ms]) => ({ arm, at: number(at) ?? 0, ms: number(ms) })));
  dots.sort((a, b) => a.at - b.at);
  const arm = (name: Arm): Measures => eachMeasure((measure) =>
    measure === "latency_p95_ms" ? dots.map((dot) => (dot.arm === name ? dot.ms : null)) : []);
  return {
    takenAt: "", now: to, times: dots.map(({ at }) => at),
    arms: { canary: arm("canary"), control: arm("control") },
  };
}

function limits(data: Json): ReadonlyMap<string, readonly Limit[]> {
  const known = object(data["limits"]);
  const limit = (name: string, side: Side, word: string, unit: string): Limit[] => {
    const value = number(known[name]);
    return value === null ? [] : [{ value, side, label: `${word} ${quantity(value, unit)}` }];
  };
  return new Map([
    ["latency", limit("latency_p95", "left", "p95 below", "ms")],
    ["dropped", limit("dropped", "left", "dropped below", "/min")],
    ["cost", [...limit("cost", "left", "cost below", "USD"), ...limit("cache_hit_rate", "right", "hits above", "%")]],
  ]);
}

function draw(data: Json): Chart[] {
  const to = number(data["to"]) ?? 0;
  const minutes = (to - (number(data["from"]) ?? 0)) / 60;
  const marks: Mark[] = list(data["marks"]).map(object)
    .map((mark) => ({ at: number(mark["at"]) ?? 0, label: text(mark["label"]) }));
  const known = limits(data);
  if (document.getElementById("grid") === null) return []; // a report without charts
  const grid = byId("grid", HTMLElement);
  const chart = (plan: Plan, series: Series): Chart => {
    const drawn = new Chart(grid, plan, kUtc);
    drawn.show({ series, minutes, marks, limits: known.get(plan.id) ?? [] });
    return drawn;
  };
  const steps = stepSeries(data, to);
  return [
    ...plans(number(data["step_seconds"]) ?? 60).map((plan) => chart(plan, steps)),
    chart(kSessions, sessionSeries(data, to)),
  ];
}

const charts = draw(object(JSON.parse(byId("data", HTMLElement).textContent ?? "")));
const repaint = (): void => charts.forEach((chart) => chart.repaint());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

// On paper everything is light and open.
let closed: HTMLDetailsElement[] = [];
addEventListener("beforeprint", () => {
  document.documentElement.dataset["theme"] = "light";
  closed = [...document.querySelectorAll<HTMLDetailsElement>("details:not([open])")];
  for (const details of closed) details.open = true;
  repaint();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset["theme"];
  for (const details of closed) details.open = false;
  repaint();
});

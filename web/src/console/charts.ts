// The four charts over one time axis, and the choice of how far it reaches.

import type { Answer } from "./api";
import { Chart } from "./chart";
import { Panel } from "./panel";
import { kPlans, limitsOf, marksOf, thinned } from "./series";
import type { Alarm, Criterion, Series, Version } from "./wire";
import { byId } from "../common/dom";

/** Past this many minutes a chart has no room for each, so it has one point for ten of them. */
const kMostMinutes = 360;
const kTogether = 10;

export class Charts {
  readonly panel = new Panel("charts");
  private readonly charts = kPlans.map(
    (plan) => [plan.id, new Chart(byId("grid", HTMLElement), plan)] as const);
  private chosen = 180;
  private series: Series | undefined;
  /** The range of `series`. */
  private minutes = 180;
  private history: readonly Version[] = [];
  private alarms: readonly Alarm[] = [];
  private criteria: readonly Criterion[] = [];

  /** @param asked hears that another range is wanted */
  constructor(asked: () => void) {
    byId("range", HTMLFieldSetElement).addEventListener("change", (event) => {
      this.chosen = Number((event.target as HTMLInputElement).value);
      asked();
    });
    const repaint = (): void => this.charts.forEach(([, chart]) => chart.repaint());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    new MutationObserver(repaint)
      .observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /** How far the charts are to reach, in minutes. */
  range(): number {
    return this.chosen;
  }

  /** @param minutes what was asked for */
  show(answer: Answer<Series>, minutes: number, now: number): void {
    if (!this.panel.heard(answer)) return;
    const many = minutes > kMostMinutes;
    this.series = many ? thinned(answer.value, kTogether) : answer.value;
    this.minutes = minutes;
    this.panel.took(now, answer.value.takenAt, many ? `The worst minute of every ${kTogether}` : "");
    this.paint();
  }

  showHistory(history: readonly Version[]): void {
    this.history = history;
    this.paint();
  }

  /** These come every few seconds and hardly ever change what is drawn: the next series has them. */
  showAlarms(alarms: readonly Alarm[]): void {
    this.alarms = alarms;
  }

  showCriteria(criteria: readonly Criterion[]): void {
    this.criteria = criteria;
  }

  private paint(): void {
    const { series, minutes } = this;
    if (series === undefined) return;
    const marks = marksOf(this.history, series.now - minutes * 60, series.now);
    const limits = limitsOf(this.alarms, this.criteria);
    for (const [id, chart] of this.charts) {
      chart.show({ series, minutes, marks, limits: limits.get(id) ?? [] });
    }
  }
}

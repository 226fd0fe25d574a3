// One chart: its legend, its drawing, and its summary for screen readers.

import uPlot from "uplot";
import { quantity, quantityOrNone } from "./format";
import { lastOf, summaryOf, unitOf } from "./series";
import type { Limit, Line, Mark, Plan, Side } from "./series";
import type { Series } from "./wire";
import { make, setText } from "../common/dom";

const kHeight = 240;
/** Above the drawing, for the marks' labels, in pixels. */
const kLabels = 22;
const kFont = "14px system-ui, sans-serif";
/** Steps of axes that count. */
const kWhole = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000];
const kSvg = "http://www.w3.org/2000/svg";

/** A colour of console_frame.css as it is now, light or dark. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** How times are said; past a day's width with their date. */
export interface Times {
  readonly zone: string | undefined;
}
/** The reader's own. */
const kLocal: Times = { zone: undefined };
/** Whoever reads it, wherever. */
export const kUtc: Times = { zone: "UTC" };

const kDay = 1440;

function timeOf(seconds: number, minutes: number, { zone }: Times): string {
  const when = new Date(seconds * 1000);
  const timeZone = zone === undefined ? {} : { timeZone: zone };
  const time = when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...timeZone });
  if (minutes <= kDay) return time;
  const date = when.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...timeZone });
  return time === "00:00" ? date : `${date}, ${time}`;
}

/** What a chart shows. */
export interface Shown {
  readonly series: Series;
  readonly minutes: number;
  readonly marks: readonly Mark[];
  readonly limits: readonly Limit[];
}

export class Chart {
  private readonly plot = make("div", "plot");
  private readonly summary = make("p", "for-screen-readers");
  private readonly when = make("span", "when");
  private readonly values: HTMLElement[] = [];
  private drawing: uPlot | undefined;
  private shown: Shown | undefined;

  constructor(parent: HTMLElement, private readonly plan: Plan, private readonly times = kLocal) {
    const box = make("figure");
    const caption = make("figcaption");
    caption.append(plan.title, this.when);
    this.summary.id = `summary-${plan.id}`;
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", plan.title);
    this.plot.setAttribute("aria-describedby", this.summary.id);
    box.append(caption, this.legend(), this.plot, this.summary);
    parent.append(box);
    new ResizeObserver(() => this.fit()).observe(this.plot);
  }

  show(shown: Shown): void {
    this.shown = shown;
    const { series, marks } = shown;
    const data: uPlot.AlignedData = [
      [...series.times],
      ...this.plan.lines.map((line) => [...series.arms[line.arm][line.measure]]),
    ];
    setText(this.summary, summaryOf(this.plan, series, marks, Date.now()));
    if (this.drawing === undefined) this.drawing = new uPlot(this.options(), data, this.plot);
    else this.drawing.setData(data);
    this.showValues();
  }

  /** The colours have changed. */
  repaint(): void {
    this.drawing?.redraw(false);
  }

  private fit(): void {
    const width = this.plot.clientWidth;
    if (width > 0) this.drawing?.setSize({ width, height: kHeight });
  }

  private legend(): HTMLElement {
    const list = make("ul", "legend");
    for (const line of this.plan.lines) {
      const item = make("li", line.arm);
      const value = make("span", "value");
      this.values.push(value);
      item.append(sample(line), `${line.name} `, value);
      list.append(item);
    }
    return list;
  }

  /** The values under the cursor; the last ones while there is none. */
  private showValues(): void {
    if (this.shown === undefined) return;
    const { series } = this.shown;
    const index = this.drawing?.cursor.idx ?? undefined;
    const time = index === undefined ? undefined : series.times[index];
    setText(this.when, time === undefined ? "latest" : `at ${this.timeOf(time)}`);
    this.plan.lines.forEach((line, i) => {
      const values = series.arms[line.arm][line.measure];
      const value = index === undefined ? lastOf(values)?.value : values[index];
      const cell = this.values[i];
      if (cell !== undefined) setText(cell, quantityOrNone(value ?? null, unitOf(this.plan, line)));
    });
  }

  private options(): uPlot.Options {
    const { plan, times: { zone } } = this;
    const axis = (side: Side, unit: string): uPlot.Axis => ({
      scale: side,
      side: side === "left" ? 3 : 1,
      size: (_, values) => 24 + 8 * Math.max(3, ...(values ?? []).map((value) => value.length)),
      values: (_, splits) => splits.map((value) => quantity(value, unit)),
      ...(unit === "" ? { incrs: kWhole } : {}),
      ...(side === "right" ? { grid: { show: false } } : { grid: { stroke: () => colour("chart-grid"), width: 1 } }),
      ...axisLooks,
    });
    const scale = (side: Side): uPlot.Scale => ({ range: (_, __, max) => [0, this.top(side, max)] });
    return {
      width: Math.max(1, this.plot.clientWidth),
      height: kHeight,
      padding: [kLabels, null, null, null],
      legend: { show: false },
      ...(zone === undefined ? {} : { tzDate: (time: number) => uPlot.tzDate(new Date(time * 1000), zone) }),
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: "console" } },
      scales: {
        x: { range: () => this.range() },
        left: scale("left"),
        ...(plan.units.right === undefined ? {} : { right: scale("right") }),
      },
      axes: [
        {
          values: (_, splits) => splits.map((time) => this.timeOf(time)),
          space: () => (this.wide() ? 112 : 64),
          grid: { stroke: () => colour("chart-grid"), width: 1 }, ...axisLooks,
        },
        axis("left", plan.units.left),
        ...(plan.units.right === undefined ? [] : [axis("right", plan.units.right)]),
      ],
      series: [
        {},
        ...plan.lines.map((line): uPlot.Series => ({
          scale: line.side, stroke: () => colour(line.arm), width: line.width, dash: [...line.dash],
          ...(line.dots === true ? dotsOnly(line) : {
            points: { show: true, size: 5, fill: () => colour(line.arm), filter: (chart, index) => alone(chart.data[index] ?? []) },
          }),
        })),
      ],
      hooks: {
        drawAxes: [(chart) => this.drawBehind(chart)],
        draw: [(chart) => this.drawBefore(chart)],
        setCursor: [() => this.showValues()],
      },
    };
  }

  private wide(): boolean {
    return (this.shown?.minutes ?? 0) > kDay;
  }

  private timeOf(seconds: number): string {
    return timeOf(seconds, this.shown?.minutes ?? 0, this.times);
  }

  private range(): [number, number] {
    const to = this.shown?.series.now ?? 0;
    return [to - (this.shown?.minutes ?? 1) * 60, to];
  }

  private isEmpty(): boolean {
    const { arms } = this.shown?.series ?? {};
    return !this.plan.lines.some((line) => arms?.[line.arm][line.measure].some((value) => value !== null));
  }

  /** The end of a scale: above everything, and above a limit that is not far away. */
  private top(side: Side, max: number | null): number {
    const highest = max ?? 0;
    const limits = (this.shown?.limits ?? [])
      .filter((limit) => limit.side === side && limit.value <= 3 * highest);
    // Where there are two axes the lines of the left one keep to the lower part.
    const room = side === "left" && this.plan.units.right !== undefined ? 1.6 : 1.15;
    const top = Math.max(highest, ...limits.map((limit) => limit.value)) * room;
    if (top > 0) return top;
    return this.plan.units[side] === "USD" ? 0.1 : this.plan.units[side] === "ms" ? 1000 : 5;
  }

  private drawBehind(chart: uPlot): void {
    const place = placeIn(chart);
    for (const limit of this.shown?.limits ?? []) drawLimit(place, limit);
    drawMarks(place, this.shown?.marks ?? []);
    place.ctx.restore();
  }

  private drawBefore(chart: uPlot): void {
    const place = placeIn(chart);
    // Beside the axis that it belongs to, where there are two.
    const atLeft = this.plan.units.right !== undefined;
    for (const limit of this.shown?.limits ?? []) nameLimit(place, limit, atLeft && limit.side === "left");
    if (this.isEmpty()) sayNothing(place);
    place.ctx.restore();
  }
}

/** Where to draw, in pixels of the canvas: `ratio` of them are one of the page's. */
interface Place {
  readonly ctx: CanvasRenderingContext2D;
  readonly bbox: uPlot.BBox;
  readonly ratio: number;
  readonly x: (seconds: number) => number;
  readonly y: (value: number, side: Side) => number;
}

/** Saves the canvas's state; who is done with the place restores it. */
function placeIn(chart: uPlot): Place {
  const { ctx, bbox } = chart;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.font = kFont.replace("14px", `${14 * ratio}px`);
  ctx.lineWidth = ratio;
  return {
    ctx, bbox, ratio,
    x: (seconds) => Math.round(chart.valToPos(seconds, "x", true)),
    y: (value, side) => Math.round(chart.valToPos(value, side, true)),
  };
}

const axisLooks = {
  font: kFont,
  stroke: () => colour("quiet"),
  ticks: { stroke: () => colour("chart-grid"), width: 1 },
};

/** Where a value has none on either side: it is a point, since there is no line to draw. */
function alone(values: ArrayLike<number | null | undefined>): number[] {
  const places: number[] = [];
  for (let i = 0; i < values.length; ++i) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) places.push(i);
  }
  return places;
}

/** Each value by itself: filled for the canary, a ring for control. */
function dotsOnly(line: Line): Partial<uPlot.Series> {
  const inside = line.arm === "canary" ? line.arm : "ground";
  return {
    paths: () => null,
    points: { show: true, size: line.width, width: 1, stroke: () => colour(line.arm), fill: () => colour(inside) },
  };
}

/** The line as the chart draws it. */
function sample(line: Line): SVGElement {
  const drawing = document.createElementNS(kSvg, "svg");
  drawing.setAttribute("viewBox", "0 0 36 12");
  drawing.setAttribute("aria-hidden", "true");
  const stroke = document.createElementNS(kSvg, "path");
  if (line.dots === true) {
    stroke.setAttribute("d", "M14 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0");
    if (line.arm === "canary") stroke.setAttribute("fill", "currentColor");
    drawing.append(stroke);
    return drawing;
  }
  stroke.setAttribute("d", "M0 6h36");
  stroke.setAttribute("stroke-width", String(line.width));
  stroke.setAttribute("stroke-dasharray", line.dash.join(" "));
  drawing.append(stroke);
  return drawing;
}

function drawLine({ ctx }: Place, fromX: number, fromY: number, toX: number, toY: number): void {
  ctx.beginPath();
  ctx.moveTo(fromX, fromY);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}

function drawLimit(place: Place, { value, side }: Limit): void {
  const { ctx, bbox } = place;
  const y = place.y(value, side);
  if (y < bbox.top) return;
  ctx.strokeStyle = colour("harm");
  ctx.setLineDash([]);
  drawLine(place, bbox.left, y, bbox.left + bbox.width, y);
}

/** Over the lines, on a ground of its own. */
function nameLimit(place: Place, { value, side, label }: Limit, atLeft: boolean): void {
  const { ctx, bbox, ratio } = place;
  // The right axis's below its line: two limits that are close keep their names apart.
  const below = side === "right";
  const y = place.y(value, side) + (below ? 3 : -3) * ratio;
  if (y < bbox.top) return;
  const x = atLeft ? bbox.left + 4 * ratio : bbox.left + bbox.width - 4 * ratio;
  ctx.textAlign = atLeft ? "left" : "right";
  ctx.textBaseline = below ? "top" : "bottom";
  ctx.lineJoin = "round";
  ctx.lineWidth = 4 * ratio;
  ctx.setLineDash([]);
  ctx.strokeStyle = colour("ground");
  ctx.strokeText(label, x, y);
  ctx.fillStyle = colour("harm");
  ctx.fillText(label, x, y);
}

function sayNothing({ ctx, bbox }: Place): void {
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = colour("quiet");
  ctx.fillText("Nothing measured", bbox.left + bbox.width / 2, bbox.top + bbox.height / 2);
}

function drawMarks(place: Place, marks: readonly Mark[]): void {
  const { ctx, bbox, ratio } = place;
  ctx.strokeStyle = ctx.fillStyle = colour("text");
  ctx.setLineDash([2 * ratio, 2 * ratio]);
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  const right = bbox.left + bbox.width;
  let free = 0;
  for (const { at, label } of marks) {
    const x = place.x(at);
    drawLine(place, x, bbox.top, x, bbox.top + bbox.height);
    // Labels that would lie on each other are left out; the history has them all.
    const { width } = ctx.measureText(label);
    const from = Math.min(x - width / 2, right - width);
    if (from < free) continue;
    ctx.fillText(label, from, bbox.top - 3 * ratio);
    free = from + width + 6 * ratio;
  }
}

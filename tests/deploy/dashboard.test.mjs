// The dashboard and the rules read metrics that the server has (metrics.txt: name, type, labels), the
// dashboard leaves none out, and both speak of the same alarms.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { metricsOf, rulesOf } from "./promql.mjs";

const file = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const title = "audio-transcription-partial-results";
const dashboard = JSON.parse(file(`../../deploy/grafana/${title}.json`));
const rules = rulesOf(file("../../deploy/prometheus/rules.yml"));
const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
const alarms = [
  "audio-transcription-lambda-errors",
  "audio-transcription-latency-high",
  "audio-transcription-orphaned-results-high",
  "audio-transcription-rate-limit-high",
  "audio-transcription-transcribe-fallback",
];

const metrics = new Map();
for (const line of file("metrics.txt").trim().split("\n")) {
  const [name, type, labels, ...more] = line.split(" ");
  assert.ok(/^(counter|gauge|histogram)$/.test(type) && labels && !more.length, `metrics.txt: ${line}`);
  assert.ok(!metrics.has(name), `metrics.txt has ${name} twice`);
  metrics.set(name, { type, labels: labels.split(",") });
}

/** Every series that a scrape of the server gives: name → the metric it is of, and its labels. */
const series = new Map();
for (const [name, { type, labels }] of metrics) {
  if (type === "histogram") {
    series.set(`${name}_bucket`, { of: name, labels: [...labels, "le"] });
    for (const part of ["sum", "count"]) series.set(`${name}_${part}`, { of: name, labels });
  } else {
    series.set(name, { of: name, labels });
  }
}

const recorded = new Set(rules.filter(({ kind }) => kind === "record").map(({ name }) => name));
const inRules = rules.map(({ name, expr }) => ({ where: name, expr }));
const inDashboard = [
  ...panels.flatMap(({ title: where, targets }) => (targets ?? []).map(({ expr }) => ({ where, expr }))),
  ...dashboard.annotations.list.filter(({ expr }) => expr).map(({ name, expr }) => ({ where: name, expr })),
  ...dashboard.templating.list
    .filter(({ type }) => type === "query")
    .map(({ name, query }) => ({ where: `variable ${name}`, expr: query.query })),
];

test("metrics are found in expressions", () => {
  const cases = [
    ["up", "up"],
    ["sum by (a, b) (rate(x_total{c=\"y{z}\", d=~'e'}[5m])) / 2e3 > bool 1", "x_total"],
    ["a:b:c5m > 5 and on (environment) (m offset 5m) unless Inf", "a:b:c5m m"],
    ["histogram_quantile(0.95, sum(rate(h_bucket[$__rate_interval])) without (arm))", "h_bucket"],
    ["count_over_time((r > 0)[599999ms:5m]) >= 2", "r"],
    ["c - ignoring (le) group_left (x) b{le='1'} * topk(3, t)", "b c t"],
    ["label_values(flag{environment=\"$environment\"}, arm)", "flag"],
  ];
  for (const [expression, expected] of cases) {
    const found = metricsOf(expression).map(({ name }) => name);
    assert.equal(found.sort().join(" "), expected, expression);
  }
  assert.deepEqual(metricsOf('x{a="1",b!~"2"}'), [{ name: "x", labels: ["a", "b"] }]);
});

test("the rules and the dashboard read only what there is", () => {
  for (const { where, expr } of [...inRules, ...inDashboard]) {
    const found = metricsOf(expr);
    assert.ok(found.length, `${where} reads nothing: ${expr}`);
    for (const { name, labels } of found) {
      if (name === "ALERTS" || recorded.has(name)) continue;
      assert.ok(series.has(name), `${where}: no metric ${name}`);
      for (const label of labels) {
        assert.ok(series.get(name).labels.includes(label), `${where}: ${name} has no label ${label}`);
      }
    }
  }
});

// By itself: what reaches it through a recorded series does not count.
test("the dashboard shows every metric", () => {
  const shown = new Set();
  for (const panel of panels) {
    for (const { expr } of panel.targets ?? []) {
      for (const { name } of metricsOf(expr)) shown.add(series.get(name)?.of);
    }
  }
  assert.deepEqual([...metrics.keys()].filter((name) => !shown.has(name)), []);
});

test("every recorded series is read", () => {
  const read = [...inRules, ...inDashboard].flatMap(({ expr }) => metricsOf(expr));
  const used = new Set(read.map(({ name }) => name));
  assert.deepEqual([...recorded].filter((name) => !used.has(name)), []);
});

test("the rules have the five alarms, and the dashboard says what to do about each", () => {
  const names = rules.filter(({ kind }) => kind === "alert").map(({ name }) => name);
  assert.deepEqual(names.sort(), alarms);
  const lines = panels.filter(({ type }) => type === "text").flatMap(({ options }) => options.content.split("\n"));
  for (const alarm of alarms) {
    const line = lines.find((candidate) => candidate.includes(`\`${alarm}\``));
    assert.match(line ?? "", /sotto rollout --(percentage 50|disable)/, alarm);
  }
});

test("the dashboard can be loaded anywhere", () => {
  assert.equal(dashboard.title, title);
  assert.equal(dashboard.uid, title);
  assert.equal(dashboard.id, null);
  const variables = dashboard.templating.list.map(({ name }) => name);
  assert.deepEqual(variables, ["datasource", "environment", "arm"]);
  const readers = [...panels, ...panels.flatMap(({ targets }) => targets ?? []), ...dashboard.templating.list];
  for (const { datasource } of [...readers, ...dashboard.annotations.list.filter(({ builtIn }) => !builtIn)]) {
    if (datasource) assert.equal(datasource.uid, "${datasource}");
  }
});

test("panels have numbers of their own and do not overlap", () => {
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Map();
  for (const { title: name, gridPos } of dashboard.panels) {
    assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, `${name} is wider than the page`);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; ++x) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; ++y) {
        assert.ok(!taken.has(`${x},${y}`), `${name} lies on ${taken.get(`${x},${y}`)}`);
        taken.set(`${x},${y}`, name);
      }
    }
  }
});

// The alarms and the dashboard, against the guide's numbers and against src/telemetry.
import assert from "node:assert/strict";
import { test } from "node:test";

import { environments, named, resources, template } from "./app.mjs";
import { alarmRules, metricNames, namespace } from "./telemetry.mjs";

// The guide's "Key Metrics to Monitor", as written there.
const guide = {
  "audio-transcription-latency-high":
    { metric: "PartialResultProcessingLatency", statistic: "p95", threshold: 5000, periods: 2 },
  "audio-transcription-rate-limit-high":
    { metric: "PartialResultsDropped", statistic: "Sum", threshold: 100, periods: 2, period: 60 },
  "audio-transcription-orphaned-results-high":
    { metric: "OrphanedResultsFlushed", statistic: "Maximum", threshold: 10, periods: 2 },
  "audio-transcription-transcribe-fallback":
    { metric: "TranscribeFallbackTriggered", statistic: "Sum", threshold: 1, periods: 1 },
  "audio-transcription-lambda-errors": { threshold: 5, periods: 1, period: 300 },
};

const dimensions = (environment) => [{ Name: "environment", Value: environment }];

for (const environment of environments) {
  const made = template({ env: environment });
  const alarms = new Map(
    resources(made, "AWS::CloudWatch::Alarm").map(({ properties }) => [
      properties.AlarmName,
      properties,
    ]),
  );

  test(`${environment}: the five alarms are those of src/telemetry, and the guide's`, () => {
    const rules = alarmRules();
    assert.deepEqual(rules.map((rule) => rule.name).sort(), Object.keys(guide).sort());
    assert.deepEqual(
      [...alarms.keys()].sort(),
      rules.flatMap((r) => [r.name, `${r.name}-canary`])
        .map((name) => named(name, environment)).sort(),
    );
    for (const rule of rules) {
      const alarm = alarms.get(named(rule.name, environment));
      assert.equal(alarm.Threshold, rule.threshold, rule.name);
      assert.equal(alarm.ComparisonOperator, rule.operator, rule.name);
      assert.equal(alarm.EvaluationPeriods, rule.periods, rule.name);
      assert.equal(alarm.DatapointsToAlarm, rule.toAlarm, rule.name);
      assert.equal(alarm.TreatMissingData, rule.missing, rule.name);
      assert.ok(alarm.AlarmDescription.startsWith(rule.meaning), rule.name);
      const said = guide[rule.name];
      assert.equal(rule.threshold, said.threshold);
      assert.equal(rule.periods, said.periods);
      if (said.period) assert.equal(rule.period, said.period);
      if (rule.name === "audio-transcription-lambda-errors") continue;
      assert.equal(alarm.Namespace, namespace());
      assert.equal(alarm.MetricName, rule.metric);
      assert.equal(alarm.MetricName, said.metric);
      assert.equal(alarm.ExtendedStatistic ?? alarm.Statistic, rule.statistic);
      assert.equal(rule.statistic, said.statistic);
      assert.equal(alarm.Period, rule.period);
      assert.deepEqual(alarm.Dimensions, dimensions(environment));
    }
  });

  test(`${environment}: each has one over the canary alone, which tells nobody`, () => {
    for (const rule of alarmRules()) {
      const both = alarms.get(named(rule.name, environment));
      const canary = alarms.get(named(`${rule.name}-canary`, environment));
      for (const member of ["Threshold", "ComparisonOperator", "EvaluationPeriods",
        "DatapointsToAlarm", "TreatMissingData", "AlarmDescription"])
        assert.equal(canary[member], both[member], `${member} of ${rule.name}`);
      assert.equal(canary.Namespace, namespace());
      assert.equal(canary.MetricName, rule.metric);
      assert.equal(canary.ExtendedStatistic ?? canary.Statistic, rule.statistic);
      assert.equal(canary.Period, rule.period);
      assert.deepEqual(
        canary.Dimensions.sort((a, b) => a.Name.localeCompare(b.Name)),
        [{ Name: "arm", Value: "canary" }, ...dimensions(environment)],
      );
      assert.equal(canary.AlarmActions, undefined);
    }
  });

  test(`${environment}: errors are Lambda's and the sessions' together`, () => {
    const rule = alarmRules().find(({ name }) => name.endsWith("lambda-errors"));
    const alarm = alarms.get(named(rule.name, environment));
    const [sum, ...metrics] = alarm.Metrics;
    assert.equal(sum.Expression, "FILL(lambda, 0) + FILL(sessions, 0)");
    const stats = Object.fromEntries(metrics.map((metric) => [metric.Id, metric.MetricStat]));
    assert.deepEqual(stats.lambda, {
      Metric: {
        Namespace: "AWS/Lambda",
        MetricName: "Errors",
        Dimensions: [{ Name: "FunctionName", Value: named("audio-processor", environment) }],
      },
      Period: rule.period,
      Stat: "Sum",
    });
    assert.equal(stats.sessions.Metric.MetricName, rule.metric);
    assert.equal(stats.sessions.Period, rule.period);
    assert.deepEqual(stats.sessions.Metric.Dimensions, dimensions(environment));
  });

  test(`${environment}: alarms tell the topic, and may`, () => {
    const [topic] = resources(made, "AWS::SNS::Topic");
    assert.equal(topic.properties.TopicName, named("audio-transcription-alarms", environment));
    for (const alarm of alarms.values()) {
      if (alarm.Dimensions?.some(({ Name }) => Name === "arm")) continue;
      assert.deepEqual(alarm.AlarmActions, [{ Ref: topic.id }]);
      assert.deepEqual(alarm.OKActions, [{ Ref: topic.id }]);
    }
    const [policy] = resources(made, "AWS::SNS::TopicPolicy");
    const allowed = policy.properties.PolicyDocument.Statement.filter((s) => s.Effect === "Allow");
    assert.deepEqual(allowed.map((s) => [s.Action, s.Principal, s.Condition]), [
      ["sns:Publish", { Service: "cloudwatch.amazonaws.com" },
        { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } }],
    ]);
  });

  test(`${environment}: the dashboard shows what the guide asks for`, () => {
    const [{ properties }] = resources(made, "AWS::CloudWatch::Dashboard");
    assert.equal(
      properties.DashboardName, named("audio-transcription-partial-results", environment));
    const body = dashboardBody(properties.DashboardBody);
    const shown = metricsOf(body, environment);
    for (const arm of ["canary", "control"])
      for (const figure of [
        "PartialResultProcessingLatency p50", "PartialResultProcessingLatency p95",
        "WordLag p50", "DecisionLatency p95", "PartialResultsDropped Sum", "PartialResultsSuperseded Sum",
        "OrphanedResultsFlushed Maximum", "TranscribeFallbackTriggered Sum", "SessionErrors Sum",
        "CostPerListenerHour Average", "TranslationCacheHits Sum", "TranslationCacheMisses Sum",
      ])
        assert.ok(shown.has(`${figure} ${arm}`), `${figure} of ${arm}`);
    const lambda = named("audio-processor", environment);
    for (const figure of [
      `Errors Sum ${lambda}`, `Duration p95 ${lambda}`, `memory_utilization Maximum ${lambda}`,
    ])
      assert.ok(shown.has(figure), figure);
    assert.equal(body.widgets.find((w) => w.type === "alarm").properties.alarms.length, 5);
  });

  test(`${environment}: alarms and dashboard know no metric that is not measured`, () => {
    const measured = new Set(Object.values(metricNames()));
    const [{ properties }] = resources(made, "AWS::CloudWatch::Dashboard");
    const text = JSON.stringify(dashboardBody(properties.DashboardBody));
    const used = [...text.matchAll(/"AudioTranscription\/PartialResults","(\w+)"/g)]
      .map((match) => match[1]);
    for (const alarm of alarms.values()) if (alarm.MetricName) used.push(alarm.MetricName);
    assert.ok(used.length > 20);
    for (const name of used) assert.ok(measured.has(name), name);
  });
}

// The body is text joined from pieces; what is not text is an ARN or the region.
function dashboardBody(body) {
  const pieces = body["Fn::Join"][1];
  return JSON.parse(pieces.map((piece) => (typeof piece === "string" ? piece : "X")).join(""));
}

// "NAME STATISTIC LAST-DIMENSION" of each; CloudWatch writes "." for what the row above had.
function metricsOf(body, environment) {
  const shown = new Set();
  for (const widget of body.widgets)
    for (const row of widget.properties.metrics ?? []) {
      const options = row.at(-1);
      if (options.expression) continue;
      assert.ok(!row.slice(0, -1).includes("."), "rows are whole");
      const values = row.slice(0, -1);
      if (values[0] === namespace())
        assert.equal(values[values.indexOf("environment") + 1], environment);
      const of = values[values.indexOf("arm") + 1] && values.includes("arm")
        ? values[values.indexOf("arm") + 1] : values.at(-1);
      shown.add(`${values[1]} ${options.stat ?? "Average"} ${of}`);
    }
  return shown;
}

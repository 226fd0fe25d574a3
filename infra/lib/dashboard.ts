import { Duration } from "aws-cdk-lib";
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  MathExpression,
  Metric,
  TextWidget,
  type HorizontalAnnotation,
  type IMetric,
} from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";

import { lambdaMetric, type Alarms } from "./alarms";
import { arms, metricOf } from "./metrics";
import { named, parameterName, type Settings } from "./settings";

const fine = Duration.minutes(1);
const coarse = Duration.minutes(5);

/** The guide's dashboard: canary beside control, what the gates look at, and Lambda's own figures. */
export function dashboard(scope: Construct, settings: Settings, alarms: Alarms): Dashboard {
  const board = new Dashboard(scope, "Dashboard", {
    dashboardName: named("audio-transcription-partial-results", settings.environment),
    defaultInterval: Duration.hours(3),
  });
  board.addWidgets(
    new AlarmStatusWidget({ title: "Alarms", alarms: alarms.all, width: 16, height: 4 }),
    new TextWidget({
      width: 8,
      height: 4,
      markdown: [
        "`canary` has partial results, `control` has finals only.",
        `Flag: \`${parameterName(settings.environment)}\`.`,
        "Back at once: `sotto rollout --disable`. Then docs/rollback-runbook.md.",
      ].join("\n\n"),
    }),
  );
  board.addWidgets(...captions(settings));
  board.addWidgets(...words(settings));
  board.addWidgets(...results(settings));
  board.addWidgets(...value(settings));
  board.addWidgets(...host(settings));
  return board;
}

function graph(
  title: string,
  left: IMetric[],
  label: string,
  limit?: HorizontalAnnotation,
  width = 8,
): GraphWidget {
  return new GraphWidget({
    title,
    left,
    width,
    leftYAxis: { min: 0, label, showUnits: false },
    ...(limit ? { leftAnnotations: [limit] } : {}),
  });
}

function byArm(settings: Settings, metric: string, statistic: string, period: Duration): Metric[] {
  return arms.map((arm) => metricOf(settings.environment, metric, statistic, period, arm));
}

function captions(settings: Settings): GraphWidget[] {
  const latency = (statistic: string) =>
    byArm(settings, "PartialResultProcessingLatency", statistic, coarse);
  const limit = { value: 5000, label: "alarm: p95 for 2 periods" };
  return [
    graph("Latency, p50", latency("p50"), "ms"),
    graph("Latency, p95", latency("p95"), "ms", limit),
    graph("Words taken back (normalized erasure)",
      byArm(settings, "NormalizedErasure", "Average", coarse), "of words shown"),
  ];
}

function words(settings: Settings): GraphWidget[] {
  return [
    graph("Word lag, p50: from a word's end to its first caption",
      byArm(settings, "WordLag", "p50", coarse), "ms", undefined, 12),
    graph("Decision latency, p95", byArm(settings, "DecisionLatency", "p95", coarse), "ms",
      undefined, 12),
  ];
}

function results(settings: Settings): GraphWidget[] {
  const sums = (metric: string) => byArm(settings, metric, "Sum", fine);
  return [
    graph("Dropped a minute", sums("PartialResultsDropped"), "results",
      { value: 100, label: "alarm: 2 minutes" }, 6),
    graph("Superseded a minute", sums("PartialResultsSuperseded"), "results", undefined, 6),
    graph("Orphaned, worst session",
      byArm(settings, "OrphanedResultsFlushed", "Maximum", coarse), "results",
      { value: 10, label: "alarm: 2 periods" }, 6),
    graph("Fallbacks to finals", sums("TranscribeFallbackTriggered"), "sessions",
      { value: 1, label: "alarm" }, 6),
  ];
}

// A rate of all look-ups, not a mean of rates.
function cacheHits(settings: Settings): IMetric[] {
  return arms.map(
    (arm) =>
      new MathExpression({
        expression: `100 * hits_${arm} / (hits_${arm} + misses_${arm})`,
        label: arm,
        period: coarse,
        usingMetrics: {
          [`hits_${arm}`]:
            metricOf(settings.environment, "TranslationCacheHits", "Sum", coarse, arm),
          [`misses_${arm}`]:
            metricOf(settings.environment, "TranslationCacheMisses", "Sum", coarse, arm),
        },
      }),
  );
}

function value(settings: Settings): GraphWidget[] {
  return [
    graph("Session errors", byArm(settings, "SessionErrors", "Sum", coarse), "errors"),
    graph("Cost per listener-hour",
      byArm(settings, "CostPerListenerHour", "Average", Duration.hours(1)), "USD",
      { value: 0.1, label: "phase 2: below" }),
    graph("Translation cache hits", cacheHits(settings), "%",
      { value: 30, label: "phase 2: above" }),
  ];
}

function host(settings: Settings): GraphWidget[] {
  const memory = new Metric({
    namespace: "LambdaInsights",
    metricName: "memory_utilization",
    dimensionsMap: { function_name: named("audio-processor", settings.environment) },
    statistic: "Maximum",
    period: coarse,
  });
  const lambda = (metric: string, statistic: string) =>
    lambdaMetric(settings, metric, statistic, coarse);
  return [
    graph("Lambda errors", [lambda("Errors", "Sum"), lambda("Throttles", "Sum")], "in 5 minutes",
      { value: 5, label: "alarm: above" }, 6),
    graph("Lambda duration", [lambda("Duration", "p50"), lambda("Duration", "p95")], "ms",
      undefined, 6),
    graph("Lambda memory (Lambda Insights)", [memory], "%", undefined, 6),
    graph("Age of the oldest record", [lambda("IteratorAge", "Maximum")], "ms", undefined, 6),
  ];
}

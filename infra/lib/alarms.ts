import { Duration, Stack } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sns from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";

import { metricOf, unnamedMetricOf, type Arm } from "./metrics";
import { named, type Settings } from "./settings";

interface Rule {
  readonly name: string;
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  /** At the threshold already, not only above it. */
  readonly orEqual?: boolean;
  readonly periods: number;
  readonly meaning: string;
}

/**
 * The guide's five, over both arms, as in src/telemetry/alarms.cpp, with a topic that they tell; and
 * the same five over the canary alone, which tell nobody: the service asks for their states and
 * takes the feature back.
 */
export class Alarms extends Construct {
  readonly topic: sns.Topic;
  readonly all: cloudwatch.Alarm[];
  readonly ofCanary: cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    // Not encrypted with Amazon's own key for topics: CloudWatch may not use that one.
    this.topic = new sns.Topic(this, "Topic", {
      topicName: named("audio-transcription-alarms", settings.environment),
      enforceSSL: true,
    });
    // A policy of its own takes the place of the usual one, by which alarms may tell their topic.
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
    if (settings.alarmEmail) this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));
    this.all = rules(settings).map((rule) => this.alarm(rule, rule.name, settings));
    for (const alarm of this.all) {
      alarm.addAlarmAction(new SnsAction(this.topic));
      alarm.addOkAction(new SnsAction(this.topic));
    }
    this.ofCanary = rules(settings, "canary").map((rule) =>
      this.alarm(rule, `${rule.name}-canary`, settings),
    );
  }

  private alarm(rule: Rule, name: string, settings: Settings): cloudwatch.Alarm {
    const { ComparisonOperator, TreatMissingData } = cloudwatch;
    return new cloudwatch.Alarm(this, name, {
      alarmName: named(name, settings.environment),
      alarmDescription: `${rule.meaning}; what to do: docs/rollback-runbook.md`,
      metric: rule.metric,
      threshold: rule.threshold,
      comparisonOperator: rule.orEqual
        ? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        : ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: rule.periods,
      datapointsToAlarm: rule.periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}

/** Over both arms, or of one. */
function rules(settings: Settings, arm?: Arm): Rule[] {
  const of = (metric: string, statistic: string, minutes: number) =>
    unnamedMetricOf(settings.environment, metric, statistic, Duration.minutes(minutes), arm);
  return [
    {
      name: "audio-transcription-latency-high",
      metric: of("PartialResultProcessingLatency", "p95", 5),
      threshold: 5000,
      periods: 2,
      meaning: "captions come more than 5 s late (p95)",
    },
    {
      name: "audio-transcription-rate-limit-high",
      metric: of("PartialResultsDropped", "Sum", 1),
      threshold: 100,
      periods: 2,
      meaning: "more than 100 partial results a minute are dropped",
    },
    {
      name: "audio-transcription-orphaned-results-high",
      metric: of("OrphanedResultsFlushed", "Maximum", 5),
      threshold: 10,
      periods: 2,
      meaning: "a session had more than 10 results that never became final",
    },
    {
      name: "audio-transcription-transcribe-fallback",
      metric: of("TranscribeFallbackTriggered", "Sum", 1),
      threshold: 1,
      orEqual: true,
      periods: 1,
      meaning: "a recogniser was silent and its session fell back to finals",
    },
    {
      name: "audio-transcription-lambda-errors",
      // Lambda's own errors are of no arm.
      metric: arm ? of("SessionErrors", "Sum", 5) : errors(settings),
      threshold: 5,
      periods: 1,
      meaning: "more than 5 errors in 5 minutes",
    },
  ];
}

/**
 * Lambda's errors, and the sessions' own: a failed session in a batch that is reported item by item
 * is no error of Lambda's, and neither is one of the service's.
 */
export function errors(settings: Settings): cloudwatch.IMetric {
  const period = Duration.minutes(5);
  return new cloudwatch.MathExpression({
    expression: "FILL(lambda, 0) + FILL(sessions, 0)",
    label: "errors",
    period,
    usingMetrics: {
      lambda: lambdaMetric(settings, "Errors", "Sum", period),
      sessions: metricOf(settings.environment, "SessionErrors", "Sum", period),
    },
  });
}

/** By the function's name, so that it needs no function: there may be none. */
export function lambdaMetric(
  settings: Settings,
  metricName: string,
  statistic: string,
  period: Duration,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: "AWS/Lambda",
    metricName,
    dimensionsMap: { FunctionName: named("audio-processor", settings.environment) },
    statistic,
    period,
  });
}

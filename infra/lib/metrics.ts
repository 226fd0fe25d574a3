import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import * as iam from "aws-cdk-lib/aws-iam";

import type { EnvironmentName } from "./settings";

export const metricNamespace = "AudioTranscription/PartialResults";

/** Canary has the feature, control has not. */
export const arms = ["canary", "control"] as const;
export type Arm = (typeof arms)[number];

/** One of the program's metrics: over both arms, or of one, which a graph then names. */
export function metricOf(
  environment: EnvironmentName,
  metricName: string,
  statistic: string,
  period: Duration,
  arm?: Arm,
): Metric {
  const metric = unnamedMetricOf(environment, metricName, statistic, period, arm);
  return arm ? metric.with({ label: arm }) : metric;
}

/** The same for an alarm: on a metric with a name it would be one on an expression. */
export function unnamedMetricOf(
  environment: EnvironmentName,
  metricName: string,
  statistic: string,
  period: Duration,
  arm?: Arm,
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: arm ? { environment, arm } : { environment },
    statistic,
    period,
  });
}

/** Metrics come as log lines (EMF); this is for a program that sends them itself. */
export function grantMetrics(grantee: iam.IGrantable): void {
  iam.Grant.addToPrincipal({
    grantee,
    actions: ["cloudwatch:PutMetricData"],
    resourceArns: ["*"],
    conditions: { StringEquals: { "cloudwatch:namespace": metricNamespace } },
  });
}

/**
 * To judge a rollout by what all hosts put, and by the alarms on it. GetMetricData knows no narrower
 * resource than all.
 */
export function grantFigures(grantee: iam.IGrantable): void {
  iam.Grant.addToPrincipal({
    grantee,
    actions: ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"],
    resourceArns: ["*"],
  });
}

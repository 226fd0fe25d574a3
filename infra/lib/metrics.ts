import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import * as iam from "aws-cdk-lib/aws-iam";

import type { EnvironmentName } from "./settings";

export const metricNamespace = "AudioTranscription/PartialResults";

/** Canary has the feature, control has not. */
export const arms = ["canary", "control"] as const;
export type Arm = (typeof arms)[number];

/** One of the program's metrics: over both arms, or of one. */
export function metricOf(
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
    ...(arm ? { label: arm } : {}),
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

/** To judge a rollout by what all hosts put; the action knows no narrower resource than all. */
export function grantFigures(grantee: iam.IGrantable): void {
  iam.Grant.addToPrincipal({
    grantee,
    actions: ["cloudwatch:GetMetricData"],
    resourceArns: ["*"],
  });
}

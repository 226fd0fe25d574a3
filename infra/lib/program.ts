import * as iam from "aws-cdk-lib/aws-iam";
import { RetentionDays } from "aws-cdk-lib/aws-logs";

import { grantMetrics } from "./metrics";
import type { FlagParameter } from "./parameter";
import type { EnvironmentName, Settings } from "./settings";

/** How long logs are kept. */
export const logRetention: Record<EnvironmentName, RetentionDays> = {
  dev: RetentionDays.ONE_WEEK,
  staging: RetentionDays.TWO_WEEKS,
  prod: RetentionDays.THREE_MONTHS,
};

/**
 * The program's environment, the same in both hosts. ROLLOUT_PERCENTAGE counts only where the
 * parameter cannot be read and there is no last good value: for nobody then.
 */
export function variables(settings: Settings, parameter: FlagParameter): Record<string, string> {
  return {
    PARTIAL_RESULTS_ENABLED: String(settings.partialResultsEnabled),
    ROLLOUT_PERCENTAGE: "0",
    FEATURE_FLAG_PARAMETER_NAME: parameter.name,
    FEATURE_FLAG_CACHE_TTL: "60",
    MIN_STABILITY_THRESHOLD: "0.85",
    PROVISIONAL_THRESHOLD: "0.88",
    MAX_BUFFER_TIMEOUT: "5.0",
    PAUSE_THRESHOLD: "2",
    ORPHAN_TIMEOUT: "15",
    DEDUP_CACHE_TTL: "10",
    MAX_RATE_PER_SECOND: "5",
    // What is translated is paid by the character here: early words, and nothing on top.
    TRANSLATION_BUDGET: "1.0",
    LOG_LEVEL: "info",
    SOTTO_ENVIRONMENT: settings.environment,
    SOTTO_EMF: "true",
    SOTTO_STORE: "ssm",
    SOTTO_RECOGNISER: "transcribe",
    // List prices in us-east-1; docs/aws.md has their sources.
    PRICE_RECOGNISER_MINUTE: "0.024",
    PRICE_TRANSLATION_MILLION: "15",
    PRICE_SYNTHESIS_MILLION: "16",
    PRICE_DELIVERY_GIGABYTE: "0.09",
  };
}

/** What both hosts may do. */
export function grantProgram(grantee: iam.IGrantable): void {
  grantEngines(grantee, "transcribe:StartStreamTranscriptionWebSocket");
  grantMetrics(grantee);
}

/** Amazon's engines know no narrower resource for these actions than all. */
export function grantEngines(grantee: iam.IGrantable, ...actions: string[]): void {
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: ["*"] });
}

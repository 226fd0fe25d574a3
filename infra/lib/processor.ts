import { Annotations, Duration, RemovalPolicy } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { KinesisEventSource, SqsDlq } from "aws-cdk-lib/aws-lambda-event-sources";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

import type { FlagParameter } from "./parameter";
import { grantProgram, logRetention, variables } from "./program";
import { named, placeholder, type Settings } from "./settings";
import type { Storage } from "./storage";

/** The Lambda function `audio-processor`: one static program, fed by the stream. */
export class Processor extends Construct {
  readonly function: lambda.Function;

  constructor(
    scope: Construct,
    id: string,
    settings: Settings,
    parameter: FlagParameter,
    storage: Storage,
  ) {
    super(scope, id);
    if (settings.bootstrap === placeholder)
      Annotations.of(this).addWarningV2(
        "sotto:placeholder",
        "there is no program for audio-processor, a placeholder takes its place; " +
          "give its folder with --context bootstrap=FOLDER",
      );
    const functionName = named("audio-processor", settings.environment);
    this.function = new lambda.Function(this, "Function", {
      functionName,
      description: "Partial results of live talks",
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: "bootstrap",
      architecture:
        settings.architecture === "arm64" ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      memorySize: settings.memory,
      timeout: Duration.minutes(1),
      code: lambda.Code.fromAsset(settings.bootstrap),
      environment: {
        ...variables(settings, parameter),
        SOTTO_CHECKPOINTS: `dynamodb:${storage.checkpoints.tableName}`,
        SOTTO_DECISIONS: `kinesis:${storage.decisions.streamName}`,
        // A static OpenSSL looks where it was built, not where Amazon Linux keeps them.
        SSL_CERT_FILE: "/etc/pki/tls/certs/ca-bundle.crt",
      },
      logGroup: new logs.LogGroup(this, "Log", {
        logGroupName: `/aws/lambda/${functionName}`,
        retention: logRetention[settings.environment],
        removalPolicy:
          settings.environment === "prod" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      }),
      ...(settings.lambdaInsights
        ? { insightsVersion: lambda.LambdaInsightsVersion.VERSION_1_0_498_0 }
        : {}),
    });
    parameter.grantRead(this.function);
    grantProgram(this.function);
    storage.grantProcessor(this.function);
    storage.decisions.grant(this.function, "kinesis:PutRecord");
    this.function.addEventSource(
      new KinesisEventSource(storage.events, {
        startingPosition: lambda.StartingPosition.LATEST,
        batchSize: 100,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 3,
        // Captions of words five minutes old help nobody.
        maxRecordAge: Duration.minutes(5),
        onFailure: new SqsDlq(storage.failures),
      }),
    );
  }
}

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { CustomResource, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

import { appFolder, named, parameterName, type Settings } from "./settings";

/** The flag as it is first: on, for nobody. The text is the guide's, its `5.0` included. */
export const firstFlag =
  '{"enabled":true,"rollout_percentage":0,"min_stability_threshold":0.85,"max_buffer_timeout":5.0}';

/**
 * The feature flag's parameter. A deployment creates it where it is missing and never writes it
 * again: not AWS::SSM::Parameter, which writes its value whenever the template's changes, and
 * removes it with the stack. The role cannot overwrite either (`ssm:Overwrite`).
 */
export class FlagParameter extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.name = parameterName(settings.environment);
    this.arn = Stack.of(this).formatArn({
      service: "ssm",
      resource: "parameter",
      resourceName: this.name.slice(1),
    });
    new CustomResource(this, "Parameter", {
      resourceType: "Custom::FlagParameter",
      serviceToken: this.creator(settings).functionArn,
      properties: {
        Name: this.name,
        Value: firstFlag,
        Description: "Who gets partial results; changed with sotto rollout",
      },
    });
  }

  /** Reading the flag and its history. */
  grantRead(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({
      grantee,
      actions: ["ssm:GetParameter", "ssm:GetParameterHistory"],
      resourceArns: [this.arn],
    });
  }

  /** Changing it as well. */
  grantReadWrite(grantee: iam.IGrantable): void {
    this.grantRead(grantee);
    iam.Grant.addToPrincipal({ grantee, actions: ["ssm:PutParameter"], resourceArns: [this.arn] });
  }

  private creator(settings: Settings): lambda.Function {
    const functionName = named("audio-transcription-create-flag", settings.environment);
    const creator = new lambda.Function(this, "Creator", {
      functionName,
      description: "Creates the feature flag's parameter where there is none",
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: "index.handler",
      code: lambda.Code.fromInline(
        readFileSync(join(appFolder, "functions", "create_parameter.js"), "utf8"),
      ),
      timeout: Duration.seconds(30),
      logGroup: new logs.LogGroup(this, "CreatorLog", {
        logGroupName: `/aws/lambda/${functionName}`,
        retention: logs.RetentionDays.ONE_WEEK,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    creator.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ["ssm:PutParameter"],
        resources: [this.arn],
        conditions: { StringEquals: { "ssm:Overwrite": "false" } },
      }),
    );
    return creator;
  }
}

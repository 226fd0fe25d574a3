import { Duration, RemovalPolicy } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kinesis from "aws-cdk-lib/aws-kinesis";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

import { named, type Settings } from "./settings";

/** What is kept, and what is on its way: sessions, their engines' checkpoints, the events' stream. */
export class Storage extends Construct {
  readonly sessions: dynamodb.Table;
  readonly checkpoints: dynamodb.Table;
  /** Records are keyed by the session's id, so a session's events stay in order. */
  readonly events: kinesis.Stream;
  /** Where it was read in vain. */
  readonly failures: sqs.Queue;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const prod = settings.environment === "prod";
    const removalPolicy = prod ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const table = (name: string, what: string) =>
      new dynamodb.Table(this, name, {
        tableName: named(`audio-transcription-${what}`, settings.environment),
        partitionKey: { name: "session_id", type: dynamodb.AttributeType.STRING },
        billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
        timeToLiveAttribute: "expires_at",
        encryption: dynamodb.TableEncryption.AWS_MANAGED,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: prod },
        deletionProtection: prod,
        removalPolicy,
      });
    this.sessions = table("Sessions", "sessions");
    this.checkpoints = table("Checkpoints", "checkpoints");

    const capacity = prod
      ? { streamMode: kinesis.StreamMode.ON_DEMAND }
      : { streamMode: kinesis.StreamMode.PROVISIONED, shardCount: 1 };
    this.events = new kinesis.Stream(this, "Events", {
      streamName: named("audio-transcription-events", settings.environment),
      ...capacity,
      retentionPeriod: Duration.hours(24),
      encryption: kinesis.StreamEncryption.MANAGED,
      removalPolicy,
    });
    this.failures = new sqs.Queue(this, "Failures", {
      queueName: named("audio-processor-failures", settings.environment),
      retentionPeriod: Duration.days(14),
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy,
    });
  }

  /** One item at a time, by its key; no scans, and nothing of the tables themselves. */
  grantItems(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({
      grantee,
      actions: [
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
      ],
      resourceArns: [this.sessions.tableArn, this.checkpoints.tableArn],
    });
  }
}

import { Duration, RemovalPolicy } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kinesis from "aws-cdk-lib/aws-kinesis";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

import { named, type Settings } from "./settings";

const text = dynamodb.AttributeType.STRING;
const number = dynamodb.AttributeType.NUMBER;

/** What is kept, and what is on its way: talks, rollouts, engines' checkpoints, events and decisions. */
export class Storage extends Construct {
  /** Sessions, transcripts, feedback: src/providers/aws/dynamodb/dynamodb_session_store.hpp. */
  readonly sessions: dynamodb.Table;
  /** Plans, decisions, outcomes: src/providers/aws/dynamodb/dynamodb_rollout_store.hpp. */
  readonly rollouts: dynamodb.Table;
  /** src/providers/aws/dynamodb/dynamodb_checkpoints.hpp. */
  readonly checkpoints: dynamodb.Table;
  /** Records are keyed by the session's id, so a session's events stay in order. */
  readonly events: kinesis.Stream;
  /** What the function decided on them, keyed likewise. */
  readonly decisions: kinesis.Stream;
  /** Where events were read in vain. */
  readonly failures: sqs.Queue;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const prod = settings.environment === "prod";
    const removalPolicy = prod ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const table = (name: string, what: string, keys: TableKeys) =>
      new dynamodb.Table(this, name, {
        tableName: named(`audio-transcription-${what}`, settings.environment),
        ...keys,
        billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption: dynamodb.TableEncryption.AWS_MANAGED,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: prod },
        deletionProtection: prod,
        removalPolicy,
      });
    this.sessions = table("Sessions", "sessions", {
      partitionKey: { name: "session_id", type: text },
      sortKey: { name: "item", type: text },
      timeToLiveAttribute: "expires_at",
    });
    index(this.sessions, "by_standing", "standing", "since_ms");
    this.rollouts = table("Rollouts", "rollouts", {
      partitionKey: { name: "flag", type: text },
      sortKey: { name: "item", type: text },
    });
    index(this.rollouts, "by_age", "journal", "oldest_ms");
    this.checkpoints = table("Checkpoints", "checkpoints", {
      partitionKey: { name: "session_id", type: text },
      timeToLiveAttribute: "expires_at",
    });

    const capacity = prod
      ? { streamMode: kinesis.StreamMode.ON_DEMAND }
      : { streamMode: kinesis.StreamMode.PROVISIONED, shardCount: 1 };
    const stream = (name: string, what: string) =>
      new kinesis.Stream(this, name, {
        streamName: named(`audio-transcription-${what}`, settings.environment),
        ...capacity,
        retentionPeriod: Duration.hours(24),
        encryption: kinesis.StreamEncryption.MANAGED,
        removalPolicy,
      });
    this.events = stream("Events", "events");
    this.decisions = stream("Decisions", "decisions");
    this.failures = new sqs.Queue(this, "Failures", {
      queueName: named("audio-processor-failures", settings.environment),
      retentionPeriod: Duration.days(14),
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy,
    });
  }

  /** What `audio-processor` does with checkpoints. */
  grantProcessor(grantee: iam.IGrantable): void {
    grant(grantee, ["GetItem", "PutItem"], this.checkpoints.tableArn);
  }

  /**
   * What `sotto serve` does with sessions and rollouts: items by their keys, no scans, and nothing
   * of the tables themselves. A transaction needs the rights of its actions.
   */
  grantService(grantee: iam.IGrantable): void {
    const items = ["DeleteItem", "GetItem", "PutItem", "Query"];
    grant(grantee, [...items, "BatchWriteItem", "UpdateItem"], this.sessions.tableArn);
    grant(grantee, items, this.rollouts.tableArn);
    grant(
      grantee,
      ["Query"],
      `${this.sessions.tableArn}/index/by_standing`,
      `${this.rollouts.tableArn}/index/by_age`,
    );
  }
}

type TableKeys = Pick<
  dynamodb.TableProps,
  "partitionKey" | "sortKey" | "timeToLiveAttribute"
>;

/** Of the keys of those items that have its own. */
function index(table: dynamodb.Table, indexName: string, partition: string, sort: string): void {
  table.addGlobalSecondaryIndex({
    indexName,
    partitionKey: { name: partition, type: text },
    sortKey: { name: sort, type: number },
    projectionType: dynamodb.ProjectionType.KEYS_ONLY,
  });
}

function grant(grantee: iam.IGrantable, actions: string[], ...resourceArns: string[]): void {
  iam.Grant.addToPrincipal({
    grantee,
    actions: actions.map((action) => `dynamodb:${action}`),
    resourceArns,
  });
}

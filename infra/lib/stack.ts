import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

import { Alarms } from "./alarms";
import { dashboard } from "./dashboard";
import { FlagParameter } from "./parameter";
import { Processor } from "./processor";
import { Service } from "./service";
import type { Settings } from "./settings";
import { Storage } from "./storage";

/** All that one environment is, in the account and region that the credentials are for. */
export class SottoStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, {
      stackName: id,
      description: `Sotto, live talk translation: ${settings.environment}`,
      // CloudFormation puts them on all that the stack has.
      tags: { application: "sotto", environment: settings.environment },
      terminationProtection: settings.environment === "prod",
    });
    const parameter = new FlagParameter(this, "Flag", settings);
    const storage = new Storage(this, "Storage", settings);
    this.say("FlagParameterName", parameter.name);
    this.say("EventsStreamName", storage.events.streamName);
    this.say("DecisionsStreamName", storage.decisions.streamName);
    this.say("FailuresQueueUrl", storage.failures.queueUrl);
    this.say("SessionsTableName", storage.sessions.tableName);
    this.say("RolloutsTableName", storage.rollouts.tableName);
    this.say("CheckpointsTableName", storage.checkpoints.tableName);
    if (settings.parts.has("processor")) {
      const processor = new Processor(this, "Processor", settings, parameter, storage);
      this.say("ProcessorFunctionName", processor.function.functionName);
    }
    if (settings.parts.has("service")) {
      const service = new Service(this, "Service", settings, parameter, storage);
      this.say("ServiceUrl", service.url);
      this.say("OperatorTokenName", service.operatorToken.secretName);
    }
    if (settings.parts.has("monitoring")) {
      const alarms = new Alarms(this, "Alarms", settings);
      const board = dashboard(this, settings, alarms);
      this.say("AlarmTopicArn", alarms.topic.topicArn);
      this.say(
        "DashboardUrl",
        `https://console.aws.amazon.com/cloudwatch/home?region=${this.region}` +
          `#dashboards:name=${board.dashboardName}`,
      );
    }
  }

  private say(name: string, value: string): void {
    new CfnOutput(this, name, { value });
  }
}

// The three environments, what they are called, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";

import { environments, named, parameterOf, resources, synthesise, template } from "./app.mjs";

// Type, property, production's name.
const names = [
  ["AWS::Lambda::Function", "FunctionName", "audio-processor"],
  ["AWS::Lambda::Function", "FunctionName", "audio-transcription-create-flag"],
  ["AWS::CloudWatch::Dashboard", "DashboardName", "audio-transcription-partial-results"],
  ["AWS::CloudWatch::Alarm", "AlarmName", "audio-transcription-latency-high"],
  ["AWS::CloudWatch::Alarm", "AlarmName", "audio-transcription-rate-limit-high"],
  ["AWS::CloudWatch::Alarm", "AlarmName", "audio-transcription-orphaned-results-high"],
  ["AWS::CloudWatch::Alarm", "AlarmName", "audio-transcription-transcribe-fallback"],
  ["AWS::CloudWatch::Alarm", "AlarmName", "audio-transcription-lambda-errors"],
  ["AWS::CloudWatch::Alarm", "AlarmName", "audio-transcription-latency-high-canary"],
  ["AWS::Logs::LogGroup", "LogGroupName", "/aws/lambda/audio-processor"],
  ["AWS::Kinesis::Stream", "Name", "audio-transcription-events"],
  ["AWS::Kinesis::Stream", "Name", "audio-transcription-decisions"],
  ["AWS::DynamoDB::Table", "TableName", "audio-transcription-sessions"],
  ["AWS::DynamoDB::Table", "TableName", "audio-transcription-rollouts"],
  ["AWS::DynamoDB::Table", "TableName", "audio-transcription-checkpoints"],
  ["AWS::SQS::Queue", "QueueName", "audio-processor-failures"],
  ["AWS::SNS::Topic", "TopicName", "audio-transcription-alarms"],
  ["AWS::SecretsManager::Secret", "Name", "audio-transcription-operator-token"],
  ["AWS::ECS::Service", "ServiceName", "audio-transcription-service"],
  ["AWS::ECS::Cluster", "ClusterName", "audio-transcription"],
  ["AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", "audio-transcription"],
];

const made = Object.fromEntries(environments.map((env) => [env, template({ env })]));

for (const environment of environments) {
  test(`${environment}: everything has its name`, () => {
    for (const [type, property, name] of names) {
      const found = resources(made[environment], type).map((r) => r.properties[property]);
      assert.ok(found.includes(named(name, environment)), `${type} ${name}: ${found}`);
    }
    const [parameter] = resources(made[environment], "Custom::FlagParameter");
    assert.equal(parameter.properties.Name, parameterOf(environment));
  });

  test(`${environment}: nothing is looked up, so any account will do`, () => {
    const stack = synthesise({ env: environment });
    assert.equal(stack.environment, "aws://unknown-account/unknown-region");
    assert.equal(stack.node.root.synth().manifest.missing, undefined);
    assert.equal(stack.terminationProtection, environment === "prod");
  });
}

test("the three can live in one account: no name is given twice", () => {
  const named = /^(FunctionName|.*Name|Family)$/;
  const seen = new Map();
  for (const environment of environments)
    for (const [id, { Type, Properties }] of Object.entries(made[environment].toJSON().Resources))
      for (const [key, value] of Object.entries(Properties ?? {})) {
        if (!named.test(key) || typeof value !== "string") continue;
        if (/^(PolicyName|MetricName|AttributeName|ServiceName)$/.test(key) && Type !== "AWS::ECS::Service")
          continue;
        const what = `${Type} ${key} ${value}`;
        assert.ok(!seen.has(what), `${what}: ${seen.get(what)} and ${environment} ${id}`);
        seen.set(what, environment);
      }
  assert.ok(seen.size > 40, String(seen.size));
});

test("dev is what is meant where none is named", () => {
  assert.equal(synthesise().stackName, "audio-transcription-dev");
});

test("what makes no sense is refused, with what it may be", () => {
  const refused = [
    [{ env: "qa" }, /env=qa is unknown; there are dev, staging, prod/],
    [{ arch: "mips" }, /arch=mips is unknown; there are arm64, x86_64/],
    [{ memory: "64" }, /memory=64 must be a whole number from 128 to 10240/],
    [{ memory: "lots" }, /memory=lots/],
    [{ parts: "processor,web" }, /parts=web is unknown; there are processor, service, monitoring/],
    [{ bootstrap: "/nowhere" }, /bootstrap=\/nowhere is no folder/],
    [{ "partial-results-enabled": "no" }, /partial-results-enabled=no is unknown; there are true, false/],
  ];
  for (const [context, message] of refused)
    assert.throws(() => synthesise(context), { name: "RangeError", message });
});

test("parts may be left out", () => {
  const few = template({ parts: "processor" });
  assert.equal(resources(few, "AWS::ECS::Service").length, 0);
  assert.equal(resources(few, "AWS::EC2::VPC").length, 0);
  assert.equal(resources(few, "AWS::CloudWatch::Alarm").length, 0);
  assert.equal(resources(few, "AWS::Lambda::EventSourceMapping").length, 1);
  const least = template({ parts: "none" });
  assert.equal(resources(least, "Custom::FlagParameter").length, 1);
  assert.equal(resources(least, "AWS::Lambda::Function").length, 1);
});

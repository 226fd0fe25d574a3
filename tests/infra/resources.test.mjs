// The function, the stream, the tables, the service: how they are set up.
import assert from "node:assert/strict";
import { test } from "node:test";

import { certificate, environments, named, parameterOf, resources, template } from "./app.mjs";

function one(made, type, accept = () => true) {
  const found = resources(made, type).filter(({ properties }) => accept(properties));
  assert.equal(found.length, 1, `${type}: ${found.length}`);
  return found[0];
}

const processorOf = (made, environment) =>
  one(made, "AWS::Lambda::Function",
    (p) => p.FunctionName === named("audio-processor", environment)).properties;

const streamOf = (made, what, environment) =>
  one(made, "AWS::Kinesis::Stream",
    (p) => p.Name === named(`audio-transcription-${what}`, environment));

for (const environment of environments) {
  const made = template({ env: environment });
  const prod = environment === "prod";

  test(`${environment}: audio-processor is a static program with the guide's environment`, () => {
    const processor = processorOf(made, environment);
    assert.equal(processor.Runtime, "provided.al2023");
    assert.equal(processor.Handler, "bootstrap");
    assert.equal(processor.MemorySize, 512);
    assert.deepEqual(processor.Architectures, ["x86_64"]);
    const { Variables } = processor.Environment;
    for (const [name, value] of Object.entries({
      PARTIAL_RESULTS_ENABLED: "true",
      ROLLOUT_PERCENTAGE: "0",
      FEATURE_FLAG_PARAMETER_NAME: parameterOf(environment),
      FEATURE_FLAG_CACHE_TTL: "60",
      MIN_STABILITY_THRESHOLD: "0.85",
      MAX_BUFFER_TIMEOUT: "5.0",
      SOTTO_ENVIRONMENT: environment,
      SSL_CERT_FILE: "/etc/pki/tls/certs/ca-bundle.crt",
    }))
      assert.equal(Variables[name], value, name);
    assert.deepEqual(Variables.SOTTO_DECISIONS, {
      "Fn::Join": ["", ["kinesis:", { Ref: streamOf(made, "decisions", environment).id }]],
    });
    assert.equal(processor.Layers.length, 1, "Lambda Insights");
  });

  test(`${environment}: a batch that fails is halved, reported item by item and kept`, () => {
    const source = one(made, "AWS::Lambda::EventSourceMapping").properties;
    const stream = streamOf(made, "events", environment);
    const queue = one(made, "AWS::SQS::Queue");
    assert.deepEqual(source.EventSourceArn, { "Fn::GetAtt": [stream.id, "Arn"] });
    assert.deepEqual(source.FunctionResponseTypes, ["ReportBatchItemFailures"]);
    assert.equal(source.BisectBatchOnFunctionError, true);
    assert.equal(source.MaximumRecordAgeInSeconds, 300);
    assert.equal(source.MaximumRetryAttempts, 3);
    assert.equal(source.StartingPosition, "LATEST");
    assert.deepEqual(source.DestinationConfig.OnFailure.Destination,
      { "Fn::GetAtt": [queue.id, "Arn"] });
  });

  test(`${environment}: tables are paid by use, and prod's can be restored`, () => {
    const tables = resources(made, "AWS::DynamoDB::Table");
    assert.equal(tables.length, 3);
    for (const table of tables) {
      const { properties } = table;
      assert.equal(properties.BillingMode, "PAY_PER_REQUEST");
      assert.equal(properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, prod);
      assert.equal(properties.DeletionProtectionEnabled, prod);
      assert.equal(table.DeletionPolicy, prod ? "Retain" : "Delete");
    }
  });

  test(`${environment}: tables have the keys that the stores ask by, and forget talks`, () => {
    const keys = (...names) => names.map((AttributeName, i) =>
      ({ AttributeName, KeyType: i ? "RANGE" : "HASH" }));
    const index = (IndexName, ...names) => [
      { IndexName, KeySchema: keys(...names), Projection: { ProjectionType: "KEYS_ONLY" } }];
    const forgetting = { AttributeName: "expires_at", Enabled: true };
    for (const [name, schema, indexes, timeToLive] of [
      ["sessions", keys("session_id", "item"), index("by_standing", "standing", "since_ms"),
        forgetting],
      ["rollouts", keys("flag", "item"), index("by_age", "journal", "oldest_ms"), undefined],
      ["checkpoints", keys("session_id"), undefined, forgetting],
    ]) {
      const { properties } = one(made, "AWS::DynamoDB::Table",
        (p) => p.TableName === named(`audio-transcription-${name}`, environment));
      assert.deepEqual(properties.KeySchema, schema);
      assert.deepEqual(properties.GlobalSecondaryIndexes, indexes);
      assert.deepEqual(properties.TimeToLiveSpecification, timeToLive);
    }
  });

  test(`${environment}: the operators' token is made up, and given to the task as a secret`, () => {
    const secret = one(made, "AWS::SecretsManager::Secret");
    assert.deepEqual(secret.properties.GenerateSecretString,
      { ExcludePunctuation: true, PasswordLength: 43 });
    assert.equal(secret.DeletionPolicy, prod ? "Retain" : "Delete");
    const [container] = one(made, "AWS::ECS::TaskDefinition").properties.ContainerDefinitions;
    assert.deepEqual(container.Secrets,
      [{ Name: "SOTTO_OPERATOR_TOKEN", ValueFrom: { Ref: secret.id } }]);
  });

  test(`${environment}: the task has no rights and writes in one folder only`, () => {
    const { properties } = one(made, "AWS::ECS::TaskDefinition");
    const [container] = properties.ContainerDefinitions;
    assert.equal(container.ReadonlyRootFilesystem, true);
    assert.deepEqual(container.LinuxParameters.Capabilities, { Drop: ["ALL"] });
    assert.deepEqual(properties.Volumes, [{ Name: "state" }]);
    assert.deepEqual(container.MountPoints,
      [{ ContainerPath: "/var/lib/sotto", ReadOnly: false, SourceVolume: "state" }]);
  });

  test(`${environment}: events and decisions are kept for a day, in prod by as many shards as needed`, () => {
    for (const what of ["events", "decisions"]) {
      const { properties, DeletionPolicy } = streamOf(made, what, environment);
      assert.equal(properties.RetentionPeriodHours, 24);
      assert.equal(properties.StreamModeDetails.StreamMode, prod ? "ON_DEMAND" : "PROVISIONED");
      assert.equal(properties.ShardCount, prod ? undefined : 1);
      assert.equal(DeletionPolicy, prod ? "Retain" : "Delete");
    }
  });

  test(`${environment}: what is kept is encrypted`, () => {
    for (const { properties } of resources(made, "AWS::Kinesis::Stream"))
      assert.equal(properties.StreamEncryption.EncryptionType, "KMS");
    assert.equal(one(made, "AWS::SQS::Queue").properties.SqsManagedSseEnabled, true);
    for (const { properties } of resources(made, "AWS::DynamoDB::Table"))
      assert.equal(properties.SSESpecification.SSEEnabled, true);
  });

  test(`${environment}: logs are kept for a while, and only so long`, () => {
    const days = { dev: 7, staging: 14, prod: 90 }[environment];
    const groups = Object.fromEntries(resources(made, "AWS::Logs::LogGroup")
      .map(({ properties }) => [properties.LogGroupName, properties.RetentionInDays]));
    const folder = prod ? "" : `${environment}/`;
    assert.deepEqual(groups, {
      [`/aws/lambda/${named("audio-processor", environment)}`]: days,
      [`/audio-transcription/${folder}service`]: days,
      [`/aws/lambda/${named("audio-transcription-create-flag", environment)}`]: 7,
    });
  });

  test(`${environment}: the service is one task behind a balancer that holds WebSockets`, () => {
    const service = one(made, "AWS::ECS::Service").properties;
    assert.equal(service.DesiredCount, 1);
    assert.equal(service.DeploymentConfiguration.MaximumPercent, 100);
    assert.equal(service.DeploymentConfiguration.MinimumHealthyPercent, 0);
    assert.equal(service.LaunchType, "FARGATE");
    const group = one(made, "AWS::ElasticLoadBalancingV2::TargetGroup").properties;
    assert.equal(group.HealthCheckPath, "/healthz");
    const attributes = Object.fromEntries(
      group.TargetGroupAttributes.map(({ Key, Value }) => [Key, Value]));
    assert.equal(attributes["stickiness.enabled"], "false");
    const balancer = one(made, "AWS::ElasticLoadBalancingV2::LoadBalancer").properties;
    assert.deepEqual(
      balancer.LoadBalancerAttributes.find(({ Key }) => Key === "idle_timeout.timeout_seconds"),
      { Key: "idle_timeout.timeout_seconds", Value: "300" });
    const [container] = one(made, "AWS::ECS::TaskDefinition").properties.ContainerDefinitions;
    assert.deepEqual(container.Command,
      ["serve", "--address", "0.0.0.0", "--port", "8080", "--no-demo"]);
    assert.deepEqual(container.Image, { Ref: "Image" });
    const variables = Object.fromEntries(
      container.Environment.map(({ Name, Value }) => [Name, Value]));
    const table = (what) => {
      const tableName = named(`audio-transcription-${what}`, environment);
      const { id } = one(made, "AWS::DynamoDB::Table", (p) => p.TableName === tableName);
      return { "Fn::Join": ["", ["dynamodb:", { Ref: id }]] };
    };
    const { SSL_CERT_FILE, SOTTO_CHECKPOINTS, SOTTO_DECISIONS, ...shared } =
      processorOf(made, environment).Environment.Variables;
    assert.equal(shared.SOTTO_GATES, undefined);
    assert.deepEqual(SOTTO_CHECKPOINTS, table("checkpoints"));
    // Requests come by the load balancer's name, and through its addresses.
    const { SOTTO_PUBLIC_URL: url, SOTTO_TRUSTED_PROXY: proxies, ...others } = variables;
    assert.match(JSON.stringify(url), /"https?:\/\/",\{"Fn::GetAtt":\["\w*LoadBalancer\w*","DNSName"\]/);
    assert.match(JSON.stringify(proxies), /CidrBlock/);
    assert.deepEqual(others,
      {
        ...shared,
        SOTTO_TRANSLATOR: "translate",
        SOTTO_SYNTHESISER: "polly",
        SOTTO_GATES: "cloudwatch",
        SOTTO_SESSIONS: table("sessions"),
        SOTTO_ROLLOUTS: table("rollouts"),
      });
  });

  test(`${environment}: whoever deploys is told the names`, () => {
    const outputs = made.toJSON().Outputs;
    assert.deepEqual(Object.keys(outputs).sort(), [
      "AlarmTopicArn", "CheckpointsTableName", "DashboardUrl", "DecisionsStreamName",
      "EventsStreamName", "FailuresQueueUrl", "FlagParameterName", "OperatorTokenName",
      "ProcessorFunctionName", "RolloutsTableName", "ServiceUrl", "SessionsTableName",
    ]);
    assert.equal(outputs.FlagParameterName.Value, parameterOf(environment));
  });
}

test("the context chooses architecture, memory, image, Insights and the emergency switch", () => {
  const made = template({
    env: "staging", arch: "arm64", memory: "768", image: "public.ecr.aws/example/sotto:1",
    insights: "false", "partial-results-enabled": "false", certificate,
    "alarm-email": "oncall@example.org",
  });
  const processor = processorOf(made, "staging");
  assert.deepEqual(processor.Architectures, ["arm64"]);
  assert.equal(processor.MemorySize, 768);
  assert.equal(processor.Layers, undefined);
  assert.equal(processor.Environment.Variables.PARTIAL_RESULTS_ENABLED, "false");
  const task = one(made, "AWS::ECS::TaskDefinition").properties;
  assert.equal(task.ContainerDefinitions[0].Image, "public.ecr.aws/example/sotto:1");
  assert.equal(task.RuntimePlatform.CpuArchitecture, "ARM64");
  assert.equal(one(made, "AWS::SNS::Subscription").properties.Endpoint, "oncall@example.org");
});

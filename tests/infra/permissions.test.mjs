// Who may do what, and what the internet can reach.
import assert from "node:assert/strict";
import { test } from "node:test";

import { certificate, environments, parameterOf, resources, template } from "./app.mjs";

// Every statement that a role's own policies have: "action on resource", sorted.
function statements(made, role) {
  return resources(made, "AWS::IAM::Policy")
    .filter(({ properties }) => properties.Roles.some((of) => of.Ref.startsWith(role)))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement)
    .flatMap((statement) => {
      assert.equal(statement.Effect, "Allow");
      const condition = statement.Condition ? ` if ${JSON.stringify(statement.Condition)}` : "";
      return [statement.Action].flat().flatMap((action) =>
        [statement.Resource].flat().map((of) => `${action} on ${resource(of)}${condition}`));
    })
    .sort();
}

function resource(of) {
  if (of === "*") return "*";
  if (of.Ref) return of.Ref.replace(/[0-9A-F]{8}$/, "");
  if (of["Fn::GetAtt"]) return of["Fn::GetAtt"][0].replace(/[0-9A-F]{8}$/, "");
  const text = of["Fn::Join"][1]
    .map((piece) => (typeof piece === "string" ? piece : (piece["Fn::GetAtt"]?.[0] ?? "")))
    .join("");
  return text.replace(/^arn::(\w+):::?/, "$1:").replace(/[0-9A-F]{8}\/index/, "/index");
}

const on = (table, ...actions) => actions.map((action) => `dynamodb:${action} on ${table}`);

const checkpoints = on("StorageCheckpoints", "GetItem", "PutItem");

const served = [
  ...on("StorageSessions",
    "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
  ...on("StorageRollouts", "DeleteItem", "GetItem", "PutItem", "Query"),
  ...on("StorageSessions/index/by_standing", "Query"),
  ...on("StorageRollouts/index/by_age", "Query"),
];

const both = [
  "transcribe:StartStreamTranscriptionWebSocket on *",
  "cloudwatch:PutMetricData on * if " +
    '{"StringEquals":{"cloudwatch:namespace":"AudioTranscription/PartialResults"}}',
];

for (const environment of environments) {
  const made = template({ env: environment });
  const parameter = `ssm:parameter${parameterOf(environment)}`;

  test(`${environment}: the function reads the flag and the events, writes decisions, and no more than it needs`, () => {
    assert.deepEqual(statements(made, "ProcessorFunctionServiceRole"), [
      ...both,
      ...checkpoints,
      `ssm:GetParameter on ${parameter}`,
      `ssm:GetParameterHistory on ${parameter}`,
      ...["DescribeStream", "DescribeStreamConsumer", "DescribeStreamSummary", "GetRecords",
        "GetShardIterator", "ListShards", "ListStreams", "SubscribeToShard"]
        .map((action) => `kinesis:${action} on StorageEvents`),
      "kinesis:PutRecord on StorageDecisions",
      ...["GetQueueAttributes", "GetQueueUrl", "SendMessage"]
        .map((action) => `sqs:${action} on StorageFailures`),
    ].sort());
  });

  test(`${environment}: the service may write the flag and read the metrics as well, and keeps talks and rollouts`, () => {
    assert.deepEqual(statements(made, "ServiceTaskTaskRole"), [
      ...both,
      ...served,
      "polly:SynthesizeSpeech on *",
      "translate:TranslateText on *",
      "cloudwatch:DescribeAlarms on *",
      "cloudwatch:GetMetricData on *",
      `ssm:GetParameter on ${parameter}`,
      `ssm:GetParameterHistory on ${parameter}`,
      `ssm:PutParameter on ${parameter}`,
    ].sort());
  });

  test(`${environment}: what creates the flag cannot overwrite it`, () => {
    assert.deepEqual(statements(made, "FlagCreatorServiceRole"), [
      `ssm:PutParameter on ${parameter} if {"StringEquals":{"ssm:Overwrite":"false"}}`,
    ]);
  });

  test(`${environment}: the container's start may pull its image, read its token and write its log`, () => {
    assert.deepEqual(statements(made, "ServiceTaskExecutionRole"), [
      "ecr:BatchCheckLayerAvailability on ecr:repository/sotto",
      "ecr:BatchGetImage on ecr:repository/sotto",
      "ecr:GetAuthorizationToken on *",
      "ecr:GetDownloadUrlForLayer on ecr:repository/sotto",
      "logs:CreateLogStream on ServiceLog",
      "logs:PutLogEvents on ServiceLog",
      "secretsmanager:DescribeSecret on ServiceOperatorToken",
      "secretsmanager:GetSecretValue on ServiceOperatorToken",
    ]);
  });

  test(`${environment}: there are no other roles, and none is an administrator's`, () => {
    const roles = resources(made, "AWS::IAM::Role");
    assert.equal(roles.length, 4);
    const policies = roles.flatMap(({ properties }) => properties.ManagedPolicyArns ?? [])
      .map((arn) => arn["Fn::Join"][1].at(-1));
    assert.deepEqual([...new Set(policies)].sort(), [
      ":iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy",
      ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    ]);
    assert.equal(resources(made, "AWS::IAM::ManagedPolicy").length, 0);
  });

  test(`${environment}: without a certificate nothing can be reached from the internet`, () => {
    assert.deepEqual(publicThings(made), []);
  });

  test(`${environment}: with one, the load balancer can, by HTTPS, and nothing else`, () => {
    const open = template({ env: environment, certificate });
    assert.deepEqual(publicThings(open), [
      "AWS::ElasticLoadBalancingV2::LoadBalancer ServiceLoadBalancer",
      "AWS::EC2::SecurityGroup ServiceLoadBalancerSecurityGroup port 443",
      "AWS::EC2::SecurityGroup ServiceLoadBalancerSecurityGroup port 80",
    ]);
    const listeners = resources(open, "AWS::ElasticLoadBalancingV2::Listener");
    const [plain] = listeners.filter(({ properties }) => properties.Port === 80);
    assert.deepEqual(plain.properties.DefaultActions.map((action) => action.Type), ["redirect"]);
    const [secure] = listeners.filter(({ properties }) => properties.Port === 443);
    assert.equal(secure.properties.Protocol, "HTTPS");
    assert.deepEqual(secure.properties.Certificates, [{ CertificateArn: certificate }]);
    assert.match(secure.properties.SslPolicy, /TLS13/);
  });
}

function publicThings(made) {
  const found = [];
  for (const [id, { Type, Properties }] of Object.entries(made.toJSON().Resources)) {
    const name = `${Type} ${id.replace(/[0-9A-F]{8}$/, "")}`;
    if (Properties?.Scheme === "internet-facing") found.push(name);
    if (Properties?.MapPublicIpOnLaunch === true) found.push(name);
    if (Type === "AWS::Lambda::Url" || Type === "AWS::Lambda::Permission") found.push(name);
    const network = Properties?.NetworkConfiguration?.AwsvpcConfiguration;
    if (network && network.AssignPublicIp !== "DISABLED") found.push(name);
    for (const rule of [...(Properties?.SecurityGroupIngress ?? []),
      ...(Type === "AWS::EC2::SecurityGroupIngress" ? [Properties] : [])])
      if (rule.CidrIp === "0.0.0.0/0" || rule.CidrIpv6 !== undefined)
        found.push(`${name} port ${rule.FromPort}`);
    for (const statement of Properties?.PolicyDocument?.Statement ?? [])
      if (statement.Effect === "Allow" && /^(\*|\{"AWS":"\*"\})$/.test(principal(statement)))
        found.push(`${name} ${statement.Action}`);
  }
  return found;
}

function principal({ Principal }) {
  if (Principal === undefined) return "";
  return typeof Principal === "string" ? Principal : JSON.stringify(Principal);
}

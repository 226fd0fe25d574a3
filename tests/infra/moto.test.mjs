// `cdk bootstrap`, and `cdk deploy` of dev and staging to one account, against moto's stand-in for AWS.
//
// moto 5.2 has no alarms in CloudFormation, so the part `monitoring` is left out, and it creates no
// queue policy, no egress rule of a security group and no outputs. It has no secrets in CloudFormation
// either, so the operators' token is taken out of the template, and its ARN written in. It cannot
// update this stack, so a second deployment of it is not tried. It runs no function either: the custom resource's code runs
// here, with Amazon's own client.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { SSM } from "@aws-sdk/client-ssm";

import { infra, parameterOf } from "./app.mjs";
import { creatorOf, dev, handlerOf, propertiesOf } from "./creator.mjs";

const region = "us-east-1";
const account = "123456789012";
const folder = mkdtempSync(join(tmpdir(), "sotto-moto-"));
let moto, endpoint, ssm;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

before(async () => {
  const port = await freePort();
  // "localhost", not a number: moto takes the template's bucket from the path only then.
  endpoint = `http://localhost:${port}`;
  moto = spawn("../python/venv/bin/moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  for (let i = 0; ; ++i) {
    const up = await fetch(`http://127.0.0.1:${port}/moto-api/`).catch(() => undefined);
    if (up?.ok) break;
    if (i === 240) throw new Error("moto_server does not answer");
    await sleep(250);
  }
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  ssm = class extends SSM {
    constructor() {
      super({ endpoint, region, credentials });
    }
  };
});

after(() => {
  moto?.kill();
  rmSync(folder, { recursive: true, force: true });
});

function cdk(...args) {
  const run = spawnSync(
    process.execPath,
    [`${infra}/node_modules/aws-cdk/bin/cdk`, ...args, "--build", "true"],
    {
      cwd: infra,
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_REGION: region,
        AWS_EC2_METADATA_DISABLED: "true",
        CDK_DISABLE_CLI_TELEMETRY: "true",
      },
    },
  );
  assert.equal(run.status, 0, `${run.stdout}${run.stderr}`);
}

function withoutSecrets(file) {
  const template = JSON.parse(readFileSync(file, "utf8"));
  const [[id, secret]] = Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === "AWS::SecretsManager::Secret");
  delete template.Resources[id];
  delete template.Outputs.OperatorTokenName;
  const arn = `arn:aws:secretsmanager:${region}:${account}:secret:${secret.Properties.Name}-AbCdEf`;
  const text = JSON.stringify(template).replaceAll(`{"Ref":"${id}"}`, JSON.stringify(arn));
  assert.ok(!text.includes(id), "all that names it is written in");
  writeFileSync(file, text);
}

function deploy(environment) {
  const out = join(folder, `out-${environment}`);
  cdk("synth", "--quiet", "--output", out,
    ...[`env=${environment}`, "parts=processor,service", "image=public.ecr.aws/example/sotto:1"]
      .flatMap((pair) => ["--context", pair]));
  withoutSecrets(join(out, `audio-transcription-${environment}.template.json`));
  cdk("deploy", "--app", out, "--require-approval", "never");
}

// What Lambda would do: the code of the template, asked by CloudFormation, answering it.
async function createFlag(RequestType) {
  const { id, properties } = propertiesOf(dev);
  let answer;
  const handler = handlerOf(creatorOf(dev).Code.ZipFile, {
    SSM: ssm,
    fetch: async (_, request) => {
      answer = JSON.parse(request.body);
      return { ok: true };
    },
  });
  await handler({
    RequestType,
    ResponseURL: "https://answers.example",
    StackId: `arn:aws:cloudformation:${region}:${account}:stack/audio-transcription-dev/1`,
    RequestId: "1",
    LogicalResourceId: id,
    ResourceProperties: properties,
  });
  return answer;
}

// moto takes the service from the credential's scope and checks no signature.
async function ask(service, path, request = {}) {
  const response = await fetch(`${endpoint}${path}`, {
    ...request,
    headers: {
      ...request.headers,
      authorization:
        `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, ` +
        "SignedHeaders=host, Signature=0",
    },
  });
  assert.equal(response.status, 200);
  return response.json();
}

const processor = (environment) =>
  ask("lambda", `/2015-03-31/functions/audio-processor-${environment}/configuration`);

const action = (service, target, body) =>
  ask(service, "/", {
    method: "POST",
    headers: { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify(body),
  });

test("dev and staging are deployed to one account", async () => {
  cdk("bootstrap", `aws://${account}/${region}`, "--output", join(folder, "out"));
  for (const environment of ["dev", "staging"]) {
    deploy(environment);
    const made = await processor(environment);
    assert.equal(made.MemorySize, 512);
    assert.equal(made.Runtime, "provided.al2023");
    const { Variables } = made.Environment;
    assert.equal(Variables.FEATURE_FLAG_PARAMETER_NAME, parameterOf(environment));
    assert.equal(Variables.SOTTO_CHECKPOINTS,
      `dynamodb:audio-transcription-checkpoints-${environment}`);
    assert.equal(Variables.SOTTO_DECISIONS, `kinesis:audio-transcription-decisions-${environment}`);
  }
  const sources = await ask("lambda", "/2015-03-31/event-source-mappings/");
  assert.deepEqual(
    sources.EventSourceMappings.map((source) => source.EventSourceArn.split("/").at(-1)).sort(),
    ["audio-transcription-events-dev", "audio-transcription-events-staging"]);
  const tables = await action("dynamodb", "DynamoDB_20120810.ListTables", {});
  assert.deepEqual(tables.TableNames.sort(),
    ["checkpoints-dev", "checkpoints-staging", "rollouts-dev", "rollouts-staging",
      "sessions-dev", "sessions-staging"]
      .map((table) => `audio-transcription-${table}`));
  const { Table: sessions } = await action("dynamodb", "DynamoDB_20120810.DescribeTable",
    { TableName: "audio-transcription-sessions-dev" });
  assert.deepEqual(sessions.GlobalSecondaryIndexes.map((index) => index.IndexName), ["by_standing"]);
  const groups = await action("logs", "Logs_20140328.DescribeLogGroups", {});
  assert.ok(groups.logGroups.some((group) => group.retentionInDays === 7 &&
    group.logGroupName === "/aws/lambda/audio-processor-dev"));
  const services = await action("ecs",
    "AmazonEC2ContainerServiceV20141113.ListServices", { cluster: "audio-transcription-dev" });
  assert.equal(services.serviceArns.length, 1);
});

test("the flag is made once; an operator's change stands", async () => {
  const name = parameterOf("dev");
  const client = new ssm();
  assert.deepEqual((await createFlag("Create")).Data, { Outcome: "created" });
  const first = (await client.getParameter({ Name: name })).Parameter;
  assert.equal(JSON.parse(first.Value).rollout_percentage, 0);

  const live = first.Value.replace('"rollout_percentage":0', '"rollout_percentage":10');
  await client.putParameter({ Name: name, Value: live, Overwrite: true });
  for (const type of ["Update", "Create", "Delete"])
    assert.deepEqual((await createFlag(type)).Data, { Outcome: "kept" });
  const then = (await client.getParameter({ Name: name })).Parameter;
  assert.equal(then.Value, live);
  assert.equal(then.Version, 2);
});

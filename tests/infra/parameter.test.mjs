// The flag's parameter: made once, at 0 %, and never written again by a deployment. What runs here is
// the code that the template has, against a Parameter Store that keeps to PutParameter's rules.
import assert from "node:assert/strict";
import { test } from "node:test";

import { environments, parameterOf, resources, template } from "./app.mjs";
import { creatorOf, dev, handlerOf, propertiesOf } from "./creator.mjs";

const first =
  '{"enabled":true,"rollout_percentage":0,"min_stability_threshold":0.85,"max_buffer_timeout":5.0}';

class Named extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

// One account's Parameter Store, which may be out of order.
function store() {
  const parameters = new Map();
  const puts = [];
  const state = { parameters, puts, fault: undefined };
  state.SSM = class {
    async putParameter(input) {
      puts.push(input);
      if (state.fault) throw state.fault;
      if (parameters.has(input.Name) && input.Overwrite !== true)
        throw new Named("ParameterAlreadyExists", "The parameter already exists.");
      const version = (parameters.get(input.Name)?.version ?? 0) + 1;
      parameters.set(input.Name, { value: input.Value, version, type: input.Type });
      return { Version: version };
    }
  };
  return state;
}

async function send(state, RequestType, change = {}) {
  const answers = [];
  const handler = handlerOf(creatorOf(dev).Code.ZipFile, {
    SSM: state.SSM,
    fetch: async (url, request) => {
      answers.push({ url, ...request, body: JSON.parse(request.body) });
      return { ok: change.refused !== true, status: change.refused ? 403 : 200 };
    },
  });
  const { properties } = propertiesOf(dev);
  await handler({
    RequestType,
    ResponseURL: "https://answers.example/1?signed",
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "FlagParameter",
    ResourceProperties: { ...properties, ...change.properties },
  });
  assert.equal(answers.length, 1);
  assert.equal(answers[0].method, "PUT");
  assert.equal(answers[0].url, "https://answers.example/1?signed");
  // A signed address takes no other content type than the one it was signed with: none.
  assert.deepEqual({ ...answers[0].headers }, { "content-type": "" });
  return answers[0].body;
}

const name = parameterOf("dev");

test("the first deployment makes it, at 0 %", async () => {
  const state = store();
  const answer = await send(state, "Create");
  assert.deepEqual(answer, {
    Status: "SUCCESS", PhysicalResourceId: name, StackId: "stack", RequestId: "request",
    LogicalResourceId: "FlagParameter", Data: { Outcome: "created" },
  });
  assert.deepEqual(state.parameters.get(name), { value: first, version: 1, type: "String" });
});

test("a value that is live stays, whatever the template has come to say", async () => {
  const state = store();
  const live = first.replace(":0,", ":50,");
  state.parameters.set(name, { value: live, version: 7, type: "String" });
  for (const type of ["Create", "Update", "Update"]) {
    const answer = await send(state, type, { properties: { Value: first.replace("0.85", "0.9") } });
    assert.equal(answer.Status, "SUCCESS");
    assert.equal(answer.Data.Outcome, "kept");
  }
  assert.deepEqual(state.parameters.get(name), { value: live, version: 7, type: "String" });
  assert.ok(state.puts.every((put) => put.Overwrite === false));
});

test("an update makes it again where somebody has deleted it", async () => {
  const state = store();
  assert.equal((await send(state, "Update")).Data.Outcome, "created");
  assert.equal(state.parameters.get(name).value, first);
});

test("deleting the stack, or renaming the parameter, leaves the old one", async () => {
  const state = store();
  await send(state, "Create");
  const answer = await send(state, "Delete");
  assert.equal(answer.Status, "SUCCESS");
  assert.equal(answer.PhysicalResourceId, name);
  assert.equal(state.parameters.size, 1);
  assert.equal(state.puts.length, 1);
});

test("what Parameter Store refuses, the deployment is told", async () => {
  const state = store();
  state.fault = new Named("AccessDeniedException", "not authorized");
  const answer = await send(state, "Create");
  assert.equal(answer.Status, "FAILED");
  assert.equal(answer.Reason, `${name}: AccessDeniedException: not authorized`);
});

test("a deployment that is taken back is not held up by a store that is down", async () => {
  const state = store();
  state.fault = new Named("ServiceUnavailable", "later");
  assert.equal((await send(state, "Delete")).Status, "SUCCESS");
});

test("an answer that is not taken is an error, so that Lambda tries again", async () => {
  await assert.rejects(send(store(), "Create", { refused: true }), /did not take the answer: 403/);
});

for (const environment of environments)
  test(`${environment}: the template has the code inline, and no parameter of CloudFormation's`, () => {
    const made = template({ env: environment });
    assert.equal(resources(made, "AWS::SSM::Parameter").length, 0);
    const { properties } = propertiesOf(made);
    assert.equal(properties.Name, parameterOf(environment));
    assert.equal(properties.Value, first);
    const creator = creatorOf(made);
    assert.ok(Buffer.byteLength(creator.Code.ZipFile) <= 4096);
    assert.equal(creator.Handler, "index.handler");
    assert.match(creator.Runtime, /^nodejs2/);
  });

// The custom resource's code as it is in the template, with what it asks for given by the test.
import assert from "node:assert/strict";
import vm from "node:vm";

import { resources, template } from "./app.mjs";

export function creatorOf(made) {
  const inline = resources(made, "AWS::Lambda::Function")
    .filter(({ properties }) => properties.Code.ZipFile !== undefined);
  assert.equal(inline.length, 1);
  return inline[0].properties;
}

export function propertiesOf(made) {
  const [parameter] = resources(made, "Custom::FlagParameter");
  const { ServiceToken, ...properties } = parameter.properties;
  assert.ok(ServiceToken);
  return { id: parameter.id, properties };
}

/** The handler of `code`; `SSM` is the client's class, `fetch` sends the answer. */
export function handlerOf(code, { SSM, fetch }) {
  const exports = {};
  const require = (name) => {
    assert.equal(name, "@aws-sdk/client-ssm", "the runtime has Amazon's clients and nothing else");
    return { SSM };
  };
  vm.runInNewContext(code, { exports, require, fetch, JSON, console: { log() {} }, Error });
  return exports.handler;
}

export const dev = template({ env: "dev" });

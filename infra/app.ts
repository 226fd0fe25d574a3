import { App } from "aws-cdk-lib";

import { readSettings, stackOf } from "./lib/settings";
import { SottoStack } from "./lib/stack";

// Settings that make no sense are for whoever typed them, so their message comes without a stack trace.
try {
  const app = new App();
  const settings = readSettings((key) => app.node.tryGetContext(key));
  new SottoStack(app, stackOf(settings.environment), settings);
  app.synth();
} catch (error) {
  console.error(error instanceof RangeError ? `infra: ${error.message}` : error);
  process.exitCode = 1;
}

// The app in this process, with its own copies of the CDK.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const infra = join(root, "infra");
const require = createRequire(join(infra, "package.json"));

const cdk = require("aws-cdk-lib");
export const { Match, Template } = require("aws-cdk-lib/assertions");
export const settings = require("./build/lib/settings.js");
const { SottoStack } = require("./build/lib/stack.js");

export const environments = ["dev", "staging", "prod"];
export const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1";

const outdir = mkdtempSync(join(tmpdir(), "sotto-infra-"));
process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));

export function synthesise(context = {}) {
  const flags = JSON.parse(readFileSync(join(infra, "cdk.json"), "utf8")).context;
  // Here nobody reads the report, and it is printed.
  flags["@aws-cdk/core:annotationsInValidationReport"] = false;
  const app = new cdk.App({
    context: { ...flags, ...context },
    outdir: mkdtempSync(join(outdir, "out-")),
  });
  const read = settings.readSettings((key) => app.node.tryGetContext(key));
  return new SottoStack(app, settings.stackOf(read.environment), read);
}

export function template(context) {
  return Template.fromStack(synthesise(context));
}

/** The resources of a type, with their logical ids. */
export function resources(template, type) {
  return Object.entries(template.findResources(type)).map(([id, resource]) => ({
    id,
    ...resource,
    properties: resource.Properties ?? {},
  }));
}

/** A name as `names` makes them from the guide's: production's is the guide's own. */
export function named(name, environment) {
  return environment === "prod" ? name : `${name}-${environment}`;
}

export function parameterOf(environment) {
  return {
    dev: "/audio-transcription/dev/partial-results/config",
    staging: "/audio-transcription/staging/partial-results/config",
    prod: "/audio-transcription/partial-results/config",
  }[environment];
}

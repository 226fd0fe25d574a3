// Evaluates the rollout's flag for one session, as any service does that has OpenFeature:
// node evaluate.mjs [SERVER [SESSION]]

import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const [baseUrl = "http://localhost:8080", targetingKey = "golden-eagle-427"] = process.argv.slice(2);

await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl }));
const client = OpenFeature.getClient();

// The session's id decides: the same id has the same answer on every server, until the flag changes.
// False is what holds where there is no answer: final results only.
const session = { targetingKey };
const { value, variant, reason, errorMessage, flagMetadata } =
  await client.getBooleanDetails("partial-results", false, session);
if (errorMessage !== undefined) {
  console.error(`${baseUrl}: ${errorMessage}`);
  process.exitCode = 1;
}
console.log(`partial-results for ${targetingKey}: ${value} (variant ${variant ?? "none"}, reason ${reason}, ` +
  `bucket ${flagMetadata.bucket ?? "unknown"}, flag version ${flagMetadata.version ?? "unknown"})`);

// What the engine goes by, as numbers.
for (const name of ["min-stability-threshold", "max-buffer-timeout"]) {
  console.log(`${name}: ${await client.getNumberValue(name, NaN, session)}`);
}
await OpenFeature.close();

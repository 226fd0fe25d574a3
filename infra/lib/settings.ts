import { existsSync } from "node:fs";
import { join } from "node:path";

export const environments = ["dev", "staging", "prod"] as const;
export type EnvironmentName = (typeof environments)[number];

/** Parts that may be left out: `--context parts=processor,monitoring` has no service. */
export const parts = ["processor", "service", "monitoring"] as const;
export type Part = (typeof parts)[number];

export type Architecture = "arm64" | "x86_64";

/** What one deployment is to be; from `--context KEY=VALUE`. */
export interface Settings {
  readonly environment: EnvironmentName;
  readonly parts: ReadonlySet<Part>;
  readonly architecture: Architecture;
  /** A folder with the Lambda function's `bootstrap`. */
  readonly bootstrap: string;
  /** In MB. */
  readonly memory: number;
  readonly lambdaInsights: boolean;
  /** `build`, an image's name in a registry, or nothing: a parameter of the stack then. */
  readonly image: string | undefined;
  /** ARN of a certificate; without one the load balancer is not on the internet. */
  readonly certificate: string | undefined;
  /** By which browsers reach the load balancer; without one it is the load balancer's own name. */
  readonly url: string | undefined;
  /** Who gets the alarms by mail. */
  readonly alarmEmail: string | undefined;
  /** PARTIAL_RESULTS_ENABLED; false wins over whatever the flag says. */
  readonly partialResultsEnabled: boolean;
}

/** infra/, from build/lib. */
export const appFolder = join(__dirname, "..", "..");

export const placeholder = join(appFolder, "placeholder");

function oneOf<T extends string>(key: string, value: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new RangeError(`${key}=${value} is unknown; there are ${allowed.join(", ")}`);
}

function folderOfBootstrap(given: string | undefined): string {
  const built = join(appFolder, "..", "build", "bootstrap");
  const folder = given ?? (existsSync(join(built, "bootstrap")) ? built : placeholder);
  if (!existsSync(join(folder, "bootstrap")))
    throw new RangeError(`bootstrap=${folder} is no folder with a program "bootstrap"`);
  return folder;
}

/** Reads the settings. Throws a RangeError that says which is wrong and what it may be. */
export function readSettings(context: (key: string) => unknown): Settings {
  const text = (key: string): string | undefined => {
    const value: unknown = context(key);
    return value === undefined || value === "" ? undefined : String(value);
  };
  const yes = (key: string): boolean => oneOf(key, text(key) ?? "true", ["true", "false"]) === "true";
  const memory = Number(text("memory") ?? 512);
  if (!Number.isInteger(memory) || memory < 128 || memory > 10240)
    throw new RangeError(`memory=${text("memory")} must be a whole number from 128 to 10240 (MB)`);
  const wanted = text("parts")?.split(",") ?? parts;
  return {
    environment: oneOf("env", text("env") ?? "dev", environments),
    parts: new Set(wanted.filter((part) => part !== "none").map((part) => oneOf("parts", part, parts))),
    architecture: oneOf("arch", text("arch") ?? "x86_64", ["arm64", "x86_64"] as const),
    bootstrap: folderOfBootstrap(text("bootstrap")),
    memory,
    lambdaInsights: yes("insights"),
    image: text("image"),
    certificate: text("certificate"),
    url: text("url"),
    alarmEmail: text("alarm-email"),
    partialResultsEnabled: yes("partial-results-enabled"),
  };
}

/** Production has the guide's names as they are; dev and staging add theirs at the end. */
export function named(name: string, environment: EnvironmentName): string {
  return environment === "prod" ? name : `${name}-${environment}`;
}

export function stackOf(environment: EnvironmentName): string {
  return named("audio-transcription", environment);
}

/** As the guide's appendix has them. */
export function parameterName(environment: EnvironmentName): string {
  const folder = environment === "prod" ? "" : `${environment}/`;
  return `/audio-transcription/${folder}partial-results/config`;
}

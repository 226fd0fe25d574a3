// What the server says to operators (docs/live.md, docs/rollout.md, docs/monitoring.md), and the
// checks that turn its JSON into it. A reader gives undefined for what is not of its kind.

import { list, number, object, text } from "../common/json";
import type { Json } from "../common/json";
import { readStanding } from "./phases_wire";
import type { Standing } from "./phases_wire";

export const kArms = ["canary", "control"] as const;
export type Arm = (typeof kArms)[number];
/** One value for each arm; null where nothing was measured. */
export type ByArm<T> = Readonly<Record<Arm, T>>;

/** The flag as the store has it, and what this server acts by. */
export interface Flag {
  readonly version: number;
  readonly enabled: boolean;
  readonly percentage: number;
  readonly changedBy: string;
  readonly changedAt: string;
  readonly reason: string;
  /** Undefined in answers to changes. */
  readonly inForce: InForce | undefined;
  /** The versions that the processes go by. */
  readonly processes: readonly { readonly process: string; readonly version: number }[];
}

export interface InForce {
  readonly version: number;
  readonly enabled: boolean;
  readonly percentage: number | null;
  readonly source: string;
  readonly environmentOff: boolean;
}

export interface Difference {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

export interface Acknowledgement {
  readonly process: string;
  readonly acknowledged: boolean;
  readonly ms: number | null;
}

/** The answer to a change, or to one that was only tried. */
export interface Changed {
  readonly flag: Flag;
  readonly changes: readonly Difference[];
  /** Whom it gives partial results, such as "switches partial results ON again, …"; empty: nobody. */
  readonly switchesOn: string;
  /** Of the sessions that go on now, how many such an id would be on. */
  readonly preview: { readonly live: number; readonly on: number } | undefined;
  /** Undefined when it is not known who has acknowledged. */
  readonly acknowledgements: readonly Acknowledgement[] | undefined;
}

export interface Version {
  readonly version: number;
  readonly changedBy: string;
  readonly changedAt: string;
  readonly reason: string;
  readonly changes: readonly Difference[];
  /** Why the document was refused; empty for a valid one. */
  readonly error: string;
  readonly document: string;
}

export type Decision = "go_on" | "hold" | "roll_back";
export type Verdict = "pass" | "fail" | "inconclusive" | "not_enough_data" | "voided";
const kVerdicts: readonly Verdict[] = ["pass", "fail", "inconclusive", "voided"];

export interface Criterion {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly limit: number | null;
  readonly canary: number | null;
  readonly control: number | null;
  /**
   * Between which the ratio of canary to control surely lies where the two are compared, else the
   * canary's value; null for an end that is not known.
   */
  readonly interval: readonly [number | null, number | null] | null;
  readonly samples: ByArm<number | null>;
  readonly verdict: Verdict;
  /** What there is to say beside the figures; may be empty. */
  readonly why: string;
}

export interface Criteria {
  readonly phase: { readonly name: string; readonly percentage: number | null; readonly since: string };
  /** Of the flag that the rest is by. */
  readonly flagVersion: number | null;
  readonly decision: Decision;
  readonly why: string;
  readonly takenAt: string;
  readonly windowMinutes: number | null;
  readonly live: ByArm<number | null>;
  /** The plan that runs; undefined where none does. */
  readonly rollout: Standing | undefined;
  readonly criteria: readonly Criterion[];
}

export interface Alarm {
  readonly name: string;
  readonly state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  readonly meaning: string;
  readonly threshold: number | null;
  readonly value: number | null;
  readonly since: string;
}

export interface Alarms {
  readonly environment: string;
  readonly alarms: readonly Alarm[];
}

export const kMeasures = [
  "latency_p50_ms", "latency_p95_ms", "word_lag_p50_ms", "word_lag_p95_ms", "errors", "fallbacks", "dropped", "orphaned_max",
  "cost_per_listener_hour", "cache_hit_rate",
] as const;
export type Measure = (typeof kMeasures)[number];
export type Values = readonly (number | null)[];
export type Measures = Readonly<Record<Measure, Values>>;

/** Minute by minute: every array is as long as `times`. */
export interface Series {
  readonly takenAt: string;
  /** In Unix seconds, as `times` are. */
  readonly now: number;
  readonly times: readonly number[];
  readonly arms: ByArm<Measures>;
}

export interface LiveSession {
  readonly id: string;
  readonly state: string;
  readonly language: string;
  /** Whether early captions come now. */
  readonly early: boolean;
  /** Whether it was given them when it began, and why. */
  readonly given: boolean;
  readonly reason: string;
  readonly arm: string;
  readonly p50: number | null;
  readonly p95: number | null;
  /** From a word's end to the first caption with it, in ms: the median. */
  readonly wordLag: number | null;
  readonly listeners: number | null;
  readonly byLanguage: readonly { readonly language: string; readonly count: number }[];
  readonly audioSeconds: number | null;
  /** How much sound waits for the recogniser, in seconds: the most of the last ten. */
  readonly lag: number | null;
  /** Sound that was lost since nobody kept up, in seconds. */
  readonly dropped: number;
}

function inForce(value: unknown): InForce | undefined {
  const json = object(value);
  const version = number(json["version"]);
  if (version === null) return undefined;
  return {
    version,
    enabled: json["enabled"] === true,
    percentage: number(json["rollout_percentage"]),
    source: text(json["source"]),
    environmentOff: json["environment_off"] === true,
  };
}

/** What this server acts by, which it says even when the store is down. */
export function readInForce(json: Json): InForce | undefined {
  return inForce(json["in_force"]);
}

export function readFlag(json: Json): Flag | undefined {
  const version = number(json["version"]);
  const percentage = number(json["rollout_percentage"]);
  if (version === null || percentage === null || typeof json["enabled"] !== "boolean") return undefined;
  return {
    version,
    enabled: json["enabled"],
    percentage,
    changedBy: text(json["changed_by"]),
    changedAt: text(json["changed_at"]),
    reason: text(json["reason"]),
    inForce: inForce(json["in_force"]),
    processes: list(json["processes"]).map(object).map((reader) => ({
      process: text(reader["process"]), version: number(reader["version"]) ?? 0,
    })),
  };
}

function differences(value: unknown): Difference[] {
  return list(value).map(object).map((change) => ({
    field: text(change["field"]), before: text(change["before"]), after: text(change["after"]),
  }));
}

export function readChanged(json: Json): Changed | undefined {
  const flag = readFlag(json);
  if (flag === undefined) return undefined;
  const preview = object(json["preview"]);
  const live = number(preview["live"]);
  const on = number(preview["on"]);
  return {
    flag,
    changes: differences(json["changes"]),
    switchesOn: text(json["switches_on"]),
    preview: live === null || on === null ? undefined : { live, on },
    acknowledgements: !Array.isArray(json["acknowledgements"]) ? undefined
      : json["acknowledgements"].map(object).map((known) => ({
        process: text(known["process"]),
        acknowledged: known["acknowledged"] === true,
        ms: number(known["ms"]),
      })),
  };
}

export function readHistory(json: Json): readonly Version[] | undefined {
  if (!Array.isArray(json["versions"])) return undefined;
  return json["versions"].map(object).map((entry) => ({
    version: number(entry["version"]) ?? 0,
    changedBy: text(entry["changed_by"]),
    changedAt: text(entry["changed_at"]),
    reason: text(entry["reason"]),
    changes: differences(entry["changes"]),
    error: text(entry["error"]),
    document: text(entry["document"]),
  }));
}

function byArm(value: unknown): ByArm<number | null> {
  const json = object(value);
  return { canary: number(json["canary"]), control: number(json["control"]) };
}

function interval(value: unknown): readonly [number | null, number | null] | null {
  const low = number(object(value)["low"]);
  const high = number(object(value)["high"]);
  return low === null && high === null ? null : [low, high];
}

function criterion(json: Json): Criterion {
  const verdict = json["verdict"];
  return {
    name: text(json["name"]),
    title: text(json["title"]),
    unit: text(json["unit"]),
    limit: number(json["limit"]),
    canary: number(json["canary"]),
    control: number(json["control"]),
    interval: interval(json["interval"]),
    samples: byArm(json["samples"]),
    // What cannot be read is no pass.
    verdict: kVerdicts.find((known) => known === verdict) ?? "not_enough_data",
    why: text(json["why"]),
  };
}

export function readCriteria(json: Json): Criteria | undefined {
  const decision = json["decision"];
  if (decision !== "go_on" && decision !== "hold" && decision !== "roll_back") return undefined;
  const phase = object(json["phase"]);
  return {
    phase: {
      name: text(phase["name"]), percentage: number(phase["percentage"]), since: text(phase["since"]),
    },
    flagVersion: number(json["flag_version"]),
    decision,
    why: text(json["why"]),
    takenAt: text(json["taken_at"]),
    windowMinutes: number(json["window_minutes"]),
    live: byArm(json["live"]),
    rollout: readStanding(json["rollout"]),
    criteria: list(json["criteria"]).map(object).map(criterion),
  };
}

export function readAlarms(json: Json): Alarms | undefined {
  if (!Array.isArray(json["alarms"])) return undefined;
  return {
    environment: text(json["environment"]),
    alarms: json["alarms"].map(object).map((alarm) => ({
      name: text(alarm["name"]),
      state: alarm["state"] === "ALARM" || alarm["state"] === "OK" ? alarm["state"] : "INSUFFICIENT_DATA",
      meaning: text(alarm["meaning"]),
      threshold: number(alarm["threshold"]),
      value: number(alarm["value"]),
      since: text(alarm["since"]),
    })),
  };
}

export function eachMeasure(of: (measure: Measure) => Values): Measures {
  return Object.fromEntries(kMeasures.map((measure) => [measure, of(measure)])) as Measures;
}

/** The values of both arms at each of `count` times. */
export function readArms(value: unknown, count: number): ByArm<Measures> {
  const json = object(value);
  const measures = (arm: Arm): Measures => {
    const arrays = object(json[arm]);
    return eachMeasure((measure) => {
      const array = list(arrays[measure]);
      return Array.from({ length: count }, (_, i) => number(array[i]));
    });
  };
  return { canary: measures("canary"), control: measures("control") };
}

export function readSeries(json: Json): Series | undefined {
  const takenAt = text(json["now"]);
  const now = new Date(takenAt).getTime() / 1000;
  if (Number.isNaN(now) || !Array.isArray(json["times"])) return undefined;
  const times = json["times"].map((time) => number(time) ?? 0);
  return { takenAt, now, times, arms: readArms(json["arms"], times.length) };
}

function liveSession(json: Json): LiveSession {
  const given = object(json["partial_results"]);
  const latency = object(json["latency_ms"]);
  const listeners = object(json["listeners"]);
  return {
    id: text(json["session_id"]),
    state: text(json["state"]),
    language: text(json["language"]),
    early: json["mode"] === "partial",
    given: given["enabled"] === true,
    reason: text(given["reason"]),
    arm: text(json["arm"]),
    p50: number(latency["p50"]),
    p95: number(latency["p95"]),
    wordLag: number(object(json["word_lag_ms"])["p50"]),
    listeners: number(listeners["total"]),
    byLanguage: Object.entries(object(listeners["by_language"]))
      .map(([language, count]) => ({ language, count: number(count) ?? 0 })),
    audioSeconds: number(json["audio_seconds"]),
    lag: number(json["lag_seconds"]),
    dropped: number(json["dropped_seconds"]) ?? 0,
  };
}

export function readSessions(json: Json): readonly LiveSession[] | undefined {
  if (!Array.isArray(json["sessions"])) return undefined;
  return json["sessions"].map(object).map(liveSession);
}

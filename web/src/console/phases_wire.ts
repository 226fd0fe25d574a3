// What the server says of the rollout's phases (docs/rollout.md). A reader gives undefined for what is
// not of its kind.

import { list, number, object, text } from "../common/json";
import type { Json } from "../common/json";

export type Status = "running" | "paused" | "rolled_back" | "aborted" | "completed";
const kStatuses: ReadonlySet<string> = new Set<Status>(["running", "paused", "rolled_back", "aborted", "completed"]);

export interface Phase {
  readonly name: string;
  readonly percentage: number;
  readonly bakeHours: number;
  readonly approval: boolean;
}

export interface Standing {
  readonly status: Status;
  readonly plan: string;
  readonly phase: string;
  readonly phases: readonly Phase[];
  readonly bakedHours: number;
  readonly bakeLeftHours: number;
  readonly approvedBy: string;
  /** What the next look will do because of the flag as it is; empty: nothing. */
  readonly aboutTo: string;
  /** Why it was taken back; undefined where it was not. */
  readonly latch: { readonly at: string; readonly why: string } | undefined;
}

export interface RolloutEvent {
  readonly record: number;
  readonly kind: string;
  readonly at: string;
  readonly by: string;
  readonly why: string;
  readonly phase: string;
  readonly before: number;
  readonly after: number;
}

/** What an operator may do to the phases. */
export type PhaseCommand = "start" | "advance" | "pause" | "resume" | "abort" | "approve" | "clear";

function isStatus(status: string): status is Status {
  return kStatuses.has(status);
}

export function readStanding(value: unknown): Standing | undefined {
  const json = object(value);
  const status = text(json["status"]);
  if (!isStatus(status)) return undefined;
  const latch = object(json["latch"]);
  return {
    status,
    plan: text(json["plan"]),
    phase: text(json["phase"]),
    phases: list(json["phases"]).map(object).map((phase) => ({
      name: text(phase["name"]),
      percentage: number(phase["rollout_percentage"]) ?? 0,
      bakeHours: number(phase["bake_hours"]) ?? 0,
      approval: phase["approval"] === true,
    })),
    bakedHours: number(json["baked_hours"]) ?? 0,
    bakeLeftHours: number(json["bake_left_hours"]) ?? 0,
    approvedBy: text(json["approved_by"]),
    aboutTo: text(json["about_to"]),
    latch: text(latch["at"]) === "" ? undefined : { at: text(latch["at"]), why: text(latch["why"]) },
  };
}

/** The answer to a command: how the rollout stands after it, and what was done in a sentence. */
export interface PhasesDone {
  readonly standing: Standing;
  readonly why: string;
}

export function readPhasesDone(json: Json): PhasesDone | undefined {
  const standing = readStanding(json["rollout"]);
  return standing === undefined ? undefined : { standing, why: text(json["why"]) };
}

export function readEvents(json: Json): readonly RolloutEvent[] | undefined {
  if (!Array.isArray(json["events"])) return undefined;
  return json["events"].map(object).map((event) => ({
    record: number(event["record"]) ?? 0,
    kind: text(event["kind"]),
    at: text(event["at"]),
    by: text(event["by"]),
    why: text(event["why"]),
    phase: text(event["phase"]),
    before: number(event["percentage_before"]) ?? 0,
    after: number(event["percentage_after"]) ?? 0,
  }));
}

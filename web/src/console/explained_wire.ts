// What the server says of one session's decision (docs/rollout.md), and the checks that turn its JSON
// into it.

import { number, object, text } from "../common/json";
import type { Json } from "../common/json";

/** A decision for a session. */
export interface Decided {
  readonly enabled: boolean;
  readonly reason: string;
  readonly bucket: number | null;
  readonly percentage: number | null;
  readonly version: number | null;
}

export interface Explained {
  readonly id: string;
  /** What a talk with this code would be given that began now. */
  readonly fresh: Decided;
  /** What is in force for the talk with this code, or was when it ended; undefined: none is known. */
  readonly session: ExplainedSession | undefined;
  /** What the next look at the rollout will do because of the flag; empty: nothing. */
  readonly aboutTo: string;
}

export interface ExplainedSession extends Decided {
  readonly state: string;
  readonly createdAt: string;
  readonly given: Decided;
  /** When the flag was changed so that it was switched off; empty: it was not, or that is not known. */
  readonly since: string;
  readonly by: string;
  readonly why: string;
  /** False: its server has still to switch it off. */
  readonly acted: boolean;
}

function decided(value: unknown): Decided {
  const json = object(value);
  return {
    enabled: json["enabled"] === true,
    reason: text(json["reason"]),
    bucket: number(json["bucket"]),
    percentage: number(json["rollout_percentage"]),
    version: number(json["version"]),
  };
}

function explainedSession(value: unknown): ExplainedSession | undefined {
  const json = object(value);
  if (typeof json["enabled"] !== "boolean") return undefined;
  return {
    ...decided(json),
    state: text(json["state"]),
    createdAt: text(json["created_at"]),
    given: decided(json["given"]),
    since: text(json["since"]),
    by: text(json["by"]),
    why: text(json["why"]),
    acted: json["acted"] !== false,
  };
}

export function readExplained(json: Json): Explained | undefined {
  if (text(json["session_id"]) === "" || typeof json["enabled"] !== "boolean") return undefined;
  return {
    id: text(json["session_id"]),
    fresh: decided(json["new_session"]),
    session: explainedSession(json["session"]),
    aboutTo: text(object(json["rollout"])["about_to"]),
  };
}

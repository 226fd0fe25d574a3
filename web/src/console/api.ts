// The operator's calls. Each gives an answer of one of four kinds, and never throws.

import { errorOf, request } from "../common/http";
import type { Reply } from "../common/http";
import type { Json } from "../common/json";
import {
  readAlarms, readChanged, readCriteria, readFlag, readHistory, readSeries, readSessions,
} from "./wire";
import { readCaller } from "./caller";
import type { Caller } from "./caller";
import { readExplained } from "./explained_wire";
import type { Explained } from "./explained_wire";
import { readEvents, readPhasesDone } from "./phases_wire";
import { readRecogniser } from "./recogniser";
import type { Recogniser } from "./recogniser";
import type { PhaseCommand, PhasesDone, RolloutEvent } from "./phases_wire";
import type {
  Alarms, Changed, Criteria, Flag, LiveSession, Series, Version,
} from "./wire";

export type Answer<T> =
  | { readonly kind: "ok"; readonly value: T }
  /** The token is not the operator's. */
  | { readonly kind: "refused" }
  /** The server says what is wrong, for people. */
  | { readonly kind: "failed"; readonly status: number; readonly message: string; readonly body: Json }
  /** No answer, or not one of Sotto's, as from a proxy. */
  | { readonly kind: "unreachable" };

/** A change: what is asked for, and the care that goes with it. */
export interface Asked {
  readonly reason?: string;
  /** Only if nobody has changed the flag since this version. */
  readonly ifVersion?: number;
  readonly dryRun?: boolean;
  /** Of undo: whoever asks for it has read whom it switches on. */
  readonly confirm?: boolean;
}

/** How long a call may take, in seconds: a change waits up to 7 s for acknowledgements. */
const kPatience = 10;

export class OperatorApi {
  /** Sent as a bearer's token, never in an address. */
  token = "";

  /** Whose token it is. */
  caller(): Promise<Answer<Caller>> {
    return this.call("GET", "/v1/operator", readCaller);
  }

  flag(): Promise<Answer<Flag>> {
    return this.call("GET", "/v1/rollout", readFlag);
  }

  criteria(): Promise<Answer<Criteria>> {
    return this.call("GET", "/v1/rollout/criteria", readCriteria);
  }

  alarms(): Promise<Answer<Alarms>> {
    return this.call("GET", "/v1/alarms", readAlarms);
  }

  sessions(): Promise<Answer<readonly LiveSession[]>> {
    return this.call("GET", "/v1/sessions", readSessions);
  }

  /** The talk ends, and its listeners get its last captions. */
  endSession(id: string): Promise<Answer<true>> {
    return this.call("DELETE", `/v1/sessions/${encodeURIComponent(id)}`, () => true as const);
  }

  recogniser(): Promise<Answer<Recogniser>> {
    return this.call("GET", "/readyz", readRecogniser);
  }

  series(minutes: number): Promise<Answer<Series>> {
    return this.call("GET", `/v1/metrics/series?minutes=${minutes}`, readSeries);
  }

  history(limit: number): Promise<Answer<readonly Version[]>> {
    return this.call("GET", `/v1/rollout/history?limit=${limit}`, readHistory);
  }

  explain(id: string): Promise<Answer<Explained>> {
    return this.call("GET", `/v1/rollout/explain/${encodeURIComponent(id)}`, readExplained);
  }

  setPercentage(percentage: number, asked: Asked): Promise<Answer<Changed>> {
    return this.change("PATCH", "/v1/rollout", asked, { rollout_percentage: percentage });
  }

  turn(on: boolean, asked: Asked): Promise<Answer<Changed>> {
    return this.change("POST", on ? "/v1/rollout/enable" : "/v1/rollout/disable", asked, {});
  }

  /** Back to the last value, or to that version's. */
  undo(version: number | undefined, asked: Asked): Promise<Answer<Changed>> {
    return this.change("POST", "/v1/rollout/undo", asked, version === undefined ? {} : { version });
  }

  /** What has happened to the phases, oldest first. */
  events(): Promise<Answer<readonly RolloutEvent[]>> {
    return this.call("GET", "/v1/rollout/events?limit=1000", readEvents);
  }

  phases(command: PhaseCommand, reason: string): Promise<Answer<PhasesDone>> {
    const body: Record<string, unknown> = command === "start" ? { plan: "guide" } : {};
    if (reason !== "") body["reason"] = reason;
    return this.call("POST", `/v1/rollout/phases/${command}`, readPhasesDone, body);
  }

  private change(method: string, path: string, asked: Asked, members: Json): Promise<Answer<Changed>> {
    const body: Record<string, unknown> = { ...members };
    if (asked.reason) body["reason"] = asked.reason;
    if (asked.ifVersion !== undefined) body["if_version"] = asked.ifVersion;
    if (asked.dryRun) body["dry_run"] = true;
    if (asked.confirm) body["confirm"] = true;
    return this.call(method, path, readChanged, body);
  }

  private async call<T>(
    method: string, path: string, read: (json: Json) => T | undefined, body?: Json,
  ): Promise<Answer<T>> {
    const gone = new AbortController();
    const timer = setTimeout(() => gone.abort(), kPatience * 1000);
    try {
      return answerOf(await request(path, {
        method, token: this.token, cache: "no-store", signal: gone.signal, ...(body === undefined ? {} : { body }),
      }), read);
    } catch {
      return { kind: "unreachable" };
    } finally {
      clearTimeout(timer);
    }
  }
}

function answerOf<T>({ status, ok, json }: Reply, read: (json: Json) => T | undefined): Answer<T> {
  const mayNot = status === 403 && json !== undefined && errorOf(json).field === "role";
  if ((status === 401 || status === 403) && !mayNot) return { kind: "refused" };
  if (json === undefined) return { kind: "unreachable" };
  const value = ok ? read(json) : undefined;
  if (value !== undefined) return { kind: "ok", value };
  const said = errorOf(json).message;
  const message = ok ? "the answer has a form that this page does not know; reload the page"
    : said !== "" ? said : `the server answers with status ${status}`;
  return { kind: "failed", status, message, body: json };
}

// What the server says, and the checks that turn its JSON into it.

export type SessionState = "waiting" | "live" | "ended";

export interface Session {
  readonly session_id: string;
  readonly language: string;
  readonly targets: readonly string[];
  readonly state: SessionState;
}

/** One segment as it stands: `text` will not change but by a correction, `provisional` may. */
export interface Caption {
  readonly type: "caption";
  /** How many segments were settled or corrected so far, this one counted when it is final. */
  readonly seq: number;
  readonly segment: number;
  readonly lang: string;
  readonly text: string;
  readonly provisional: string;
  readonly final: boolean;
  /** False when the translation failed and this is the source text. */
  readonly translated: boolean;
  /** Seconds of the talk. */
  readonly start: number;
  readonly end: number;
}

export interface Status {
  readonly type: "status";
  readonly state: SessionState;
}

export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly field: string;
}

export interface Failure {
  readonly type: "error";
  readonly error: ApiError;
}

export type Message = Caption | Status | Failure;

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function seconds(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function isState(value: unknown): value is SessionState {
  return value === "waiting" || value === "live" || value === "ended";
}

/** A frame of the captions socket; undefined for what this page does not know, which is skipped. */
export function parseMessage(frame: unknown): Message | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text(frame));
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  switch (json["type"]) {
    case "caption":
      if (!Number.isSafeInteger(json["seq"]) || !Number.isSafeInteger(json["segment"])) {
        return undefined;
      }
      return {
        type: "caption",
        seq: json["seq"] as number,
        segment: json["segment"] as number,
        lang: text(json["lang"]),
        text: text(json["text"]),
        provisional: text(json["provisional"]),
        final: json["final"] === true,
        translated: json["translated"] !== false,
        start: seconds(json["start"]),
        end: seconds(json["end"]),
      };
    case "status":
      return isState(json["state"]) ? { type: "status", state: json["state"] } : undefined;
    case "error": {
      const error = isObject(json["error"]) ? json["error"] : {};
      return {
        type: "error",
        error: {
          code: text(error["code"]),
          message: text(error["message"]),
          field: text(error["field"]),
        },
      };
    }
    default:
      return undefined;
  }
}

async function getJson(path: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  let json: unknown;
  try {
    json = await response.json();
  } catch {
    json = undefined;
  }
  return { status: response.status, json };
}

/**
 * The session with that code: "unknown" when the server has none, "unreachable" when it does not
 * answer as it should, which is worth another try.
 */
export async function getSession(id: string): Promise<Session | "unknown" | "unreachable"> {
  try {
    const { status, json } = await getJson(`/v1/sessions/${encodeURIComponent(id)}`);
    if (status === 400 || status === 404) return "unknown";
    if (status !== 200 || !isObject(json) || !Array.isArray(json["targets"])) return "unreachable";
    return {
      session_id: text(json["session_id"]),
      language: text(json["language"]),
      targets: json["targets"].filter((target): target is string => typeof target === "string"),
      state: isState(json["state"]) ? json["state"] : "waiting",
    };
  } catch {
    return "unreachable";
  }
}

/** The code of the demo talk, when one is on. */
export async function getDemo(): Promise<string | undefined> {
  try {
    const { status, json } = await getJson("/v1/demo");
    const id = isObject(json) ? text(json["session_id"]) : "";
    return status === 200 && id !== "" ? id : undefined;
  } catch {
    return undefined;
  }
}

export function captionsAddress(id: string, lang: string, since: number | undefined): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = new URLSearchParams({ lang });
  if (since !== undefined) query.set("since", String(since));
  return `${scheme}://${location.host}/v1/sessions/${encodeURIComponent(id)}/captions?${query}`;
}

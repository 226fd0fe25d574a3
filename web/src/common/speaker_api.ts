// What the server says to speakers, and the checks that turn its JSON into it.

import type { ApiError } from "./api";

export interface SpokenLanguage {
  readonly language: string;
  readonly targets: readonly string[];
}

/** A talk that this page may speak in. */
export interface Talk {
  readonly id: string;
  /** The right to speak in it: never shown, and never part of an address. */
  readonly token: string;
  readonly language: string;
  readonly targets: readonly string[];
}

export interface Mode {
  readonly enabled: boolean;
  readonly reason: string;
}

export interface SpeakerStatus {
  readonly state: string;
  /** What the server has taken and what it had to leave out, in seconds, since the talk began. */
  readonly received: number;
  readonly dropped: number;
  readonly listeners: ReadonlyMap<string, number>;
  readonly mode: Mode | undefined;
  readonly warnings: ReadonlySet<string>;
}

export type SpeakerMessage =
  /** `received`: the sound that the server has of this talk, in seconds, where it says so. */
  | { readonly type: "started"; readonly received: number | undefined }
  | { readonly type: "status"; readonly status: SpeakerStatus }
  | { readonly type: "error"; readonly error: ApiError };

type Json = Record<string, unknown>;

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): string[] {
  return list(value).map(text).filter((each) => each !== "");
}

function positive(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

function modeOf(value: unknown): Mode | undefined {
  const { enabled, reason } = object(value);
  return typeof enabled === "boolean" ? { enabled, reason: text(reason) } : undefined;
}

function errorOf(json: Json): ApiError {
  const { code, message, field } = object(json["error"]);
  return { code: text(code), message: text(message), field: text(field) };
}

function statusOf(json: Json): SpeakerStatus {
  const byLanguage = Object.entries(object(object(json["listeners"])["by_language"]));
  return {
    state: text(json["state"]),
    received: positive(json["received_seconds"]),
    dropped: positive(json["dropped_seconds"]),
    listeners: new Map(byLanguage.map(([lang, count]) => [lang, positive(count)])),
    mode: modeOf(json["partial_results"]),
    warnings: new Set(texts(list(json["warnings"]).map((warning) => object(warning)["code"]))),
  };
}

/** A frame of the audio socket; undefined for what this page does not know, which is skipped. */
export function parseSpeakerMessage(frame: unknown): SpeakerMessage | undefined {
  let json: Json;
  try {
    json = object(JSON.parse(text(frame)));
  } catch {
    return undefined;
  }
  switch (json["type"]) {
    case "started": {
      const { received, dropped } = statusOf(json);
      const says = typeof json["received_seconds"] === "number";
      return { type: "started", received: says ? received + dropped : undefined };
    }
    case "status":
      return { type: "status", status: statusOf(json) };
    case "error":
      return { type: "error", error: errorOf(json) };
    default:
      return undefined;
  }
}

async function readJson(response: Response): Promise<Json> {
  try {
    return object(await response.json());
  } catch {
    return {};
  }
}

/** What can be spoken; "unreachable" when the server does not say, which is worth another try. */
export async function getLanguages(): Promise<readonly SpokenLanguage[] | "unreachable"> {
  try {
    const response = await fetch("/v1/languages", { headers: { accept: "application/json" } });
    if (response.status !== 200) return "unreachable";
    const languages = list((await readJson(response))["languages"]).map((each) => {
      const { language, targets } = object(each);
      return { language: text(language), targets: texts(targets) };
    });
    return languages.filter(({ language }) => language !== "");
  } catch {
    return "unreachable";
  }
}

export type Begun =
  | { readonly kind: "talk"; readonly talk: Talk; readonly mode: Mode | undefined }
  /** As many talks as the server can hold go on already. */
  | { readonly kind: "full" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "unreachable" };

const kTooMany = 429;
const kUnavailable = 503;

export async function beginTalk(language: string): Promise<Begun> {
  try {
    const response = await fetch("/v1/sessions", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ language }),
    });
    const json = await readJson(response);
    const { status } = response;
    if (status === kTooMany || status === kUnavailable) return { kind: "full" };
    if (status >= 400 && status < 500) return { kind: "refused", message: errorOf(json).message };
    const talk = {
      id: text(json["session_id"]),
      token: text(json["speaker_token"]),
      language: text(json["language"]) || language,
      targets: texts(json["targets"]),
    };
    if (talk.id === "" || talk.token === "") return { kind: "unreachable" };
    return { kind: "talk", talk, mode: modeOf(json["partial_results"]) };
  } catch {
    return { kind: "unreachable" };
  }
}

/** Ends the talk without its socket; false when the server does not answer. */
export async function endTalk(talk: Talk): Promise<boolean> {
  try {
    const response = await fetch(`/v1/sessions/${encodeURIComponent(talk.id)}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${talk.token}` },
    });
    // One that is over, or that the server does not know any more, is ended as well.
    return response.status < 300 || response.status === 404 || response.status === 409;
  } catch {
    return false;
  }
}

export function audioAddress(id: string): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/v1/sessions/${encodeURIComponent(id)}/audio`;
}

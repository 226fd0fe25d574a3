// What the server says to speakers, and the checks that turn its JSON into it.

import { sessionPath, socketAddress } from "./api";
import { errorOf, request } from "./http";
import type { ApiError } from "./http";
import { list, number, object, parsed, text, texts } from "./json";
import type { Json } from "./json";

export interface SpokenLanguage {
  readonly language: string;
  readonly targets: readonly string[];
}

/** What can be spoken, and who may start a talk: "code" is who has the host code. */
export interface Offer {
  readonly languages: readonly SpokenLanguage[];
  readonly start: "open" | "code" | "operator";
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
  /** Up to here it has everything for good; undefined where it does not say. */
  readonly settled: number | undefined;
  readonly listeners: ReadonlyMap<string, number>;
  readonly mode: Mode | undefined;
  readonly warnings: ReadonlySet<string>;
}

export type SpeakerMessage =
  /** `received`: the sound that the server has of this talk, in seconds, where it says so. */
  | { readonly type: "started"; readonly received: number | undefined }
  | { readonly type: "status"; readonly status: SpeakerStatus }
  | { readonly type: "error"; readonly error: ApiError };

function positive(value: unknown): number {
  return Math.max(0, number(value) ?? 0);
}

function modeOf(value: unknown): Mode | undefined {
  const { enabled, reason } = object(value);
  return typeof enabled === "boolean" ? { enabled, reason: text(reason) } : undefined;
}

function statusOf(json: Json): SpeakerStatus {
  const byLanguage = Object.entries(object(object(json["listeners"])["by_language"]));
  return {
    state: text(json["state"]),
    received: positive(json["received_seconds"]),
    dropped: positive(json["dropped_seconds"]),
    settled: number(json["settled_seconds"]) ?? undefined,
    listeners: new Map(byLanguage.map(([lang, count]) => [lang, positive(count)])),
    mode: modeOf(json["partial_results"]),
    warnings: new Set(texts(list(json["warnings"]).map((warning) => object(warning)["code"]))),
  };
}

/** A frame of the audio socket; undefined for what this page does not know, which is skipped. */
export function parseSpeakerMessage(frame: unknown): SpeakerMessage | undefined {
  const json = parsed(frame);
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

/** What can be spoken; "unreachable" when the server does not say, which is worth another try. */
export async function getOffer(): Promise<Offer | "unreachable"> {
  try {
    const { status, json } = await request("/v1/languages");
    if (status !== 200) return "unreachable";
    const languages = list(json?.["languages"]).map((each) => {
      const { language, targets } = object(each);
      return { language: text(language), targets: texts(targets) };
    });
    const start = json?.["start"];
    return {
      languages: languages.filter(({ language }) => language !== ""),
      start: start === "code" || start === "operator" ? start : "open",
    };
  } catch {
    return "unreachable";
  }
}

export type Begun =
  | { readonly kind: "talk"; readonly talk: Talk; readonly mode: Mode | undefined }
  /** As many talks as the server can hold go on already. */
  | { readonly kind: "full" }
  /** The host code is missing, or it is another one. */
  | { readonly kind: "code" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "unreachable" };

const kForbidden = 403;
const kTooMany = 429;
const kUnavailable = 503;

/** @param code the host code; empty where there is none */
export async function beginTalk(language: string, code: string): Promise<Begun> {
  try {
    const { status, json = {} } = await request("/v1/sessions", {
      method: "POST", body: { language }, ...(code === "" ? {} : { token: code }),
    });
    if (status === kForbidden && errorOf(json).field === "code") return { kind: "code" };
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
    const { status } = await request(sessionPath(talk.id), { method: "DELETE", token: talk.token });
    // One that is over, or that the server does not know any more, is ended as well.
    return status < 300 || status === 404 || status === 409;
  } catch {
    return false;
  }
}

export function audioAddress(id: string): string {
  return socketAddress(`${sessionPath(id)}/audio`);
}

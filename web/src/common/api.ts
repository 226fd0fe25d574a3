// What the server says, and the checks that turn its JSON into it.

import { errorOf, request } from "./http";
import type { ApiError } from "./http";
import { number, object, parsed, text, texts } from "./json";

/** "away": no sound comes, and nobody paused. */
export type SessionState = "waiting" | "live" | "paused" | "away" | "ended";

export interface Session {
  readonly session_id: string;
  readonly language: string;
  readonly targets: readonly string[];
  /** The languages in which the talk can be heard. */
  readonly speech: readonly string[];
  /** Who speaks each of them now, such as "Piper joe". */
  readonly voices: ReadonlyMap<string, string>;
  readonly state: SessionState;
  /** Whether it plays a recording, over and over. */
  readonly recording: boolean;
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
  /** The speaker's own words, empty where `text` is in that language. */
  readonly source: string;
  /** Seconds of the talk. */
  readonly start: number;
  readonly end: number;
}

export interface Status {
  readonly type: "status";
  readonly state: SessionState;
}

/** Who the page is to the server in this talk; comes once on each socket. */
export interface ListenerName {
  readonly type: "listener";
  readonly id: string;
}

/** The answer to a change of language: what follows is in this one. */
export interface Language {
  readonly type: "language";
  readonly lang: string;
}

/** A piece of speech; its sound follows, `samples` of it in binary frames. */
export interface Speech {
  readonly type: "speech";
  readonly lang: string;
  /** Samples a second. */
  readonly sampleRate: number;
  readonly samples: number;
}

export interface Failure {
  readonly type: "error";
  readonly error: ApiError;
}

export type Message = Caption | Status | ListenerName | Language | Speech | Failure;

export type Rating = "up" | "neutral" | "down";

/** Of the sound in a piece of speech: samples a second, and seconds. */
const kLowestRate = 8_000;
const kHighestRate = 96_000;
const kLongestPiece = 600;

function finite(value: unknown): number {
  return number(value) ?? 0;
}

function isState(value: unknown): value is SessionState {
  return value === "waiting" || value === "live" || value === "paused" || value === "away" ||
    value === "ended";
}

/** A text frame of the captions or the speech socket; undefined for what this page does not know, which is skipped. */
export function parseMessage(frame: unknown): Message | undefined {
  const json = parsed(frame);
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
        source: text(json["source"]),
        start: finite(json["start"]),
        end: finite(json["end"]),
      };
    case "status":
      return isState(json["state"]) ? { type: "status", state: json["state"] } : undefined;
    case "listener":
      return { type: "listener", id: text(json["id"]) };
    case "language":
      return { type: "language", lang: text(json["lang"]) };
    case "speech": {
      const sampleRate = finite(json["sample_rate"]);
      const samples = finite(json["samples"]);
      const plays = sampleRate >= kLowestRate && sampleRate <= kHighestRate &&
        Number.isSafeInteger(samples) && samples >= 0 && samples <= kLongestPiece * sampleRate;
      return plays ? { type: "speech", lang: text(json["lang"]), sampleRate, samples } : undefined;
    }
    case "error":
      return { type: "error", error: errorOf(json) };
    default:
      return undefined;
  }
}

export const sessionPath = (id: string): string => `/v1/sessions/${encodeURIComponent(id)}`;

/** Where to open a WebSocket at that path of the server. */
export function socketAddress(path: string): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
}

/**
 * The session with that code: "unknown" when the server has none, "unreachable" when it does not
 * answer as it should, which is worth another try.
 */
export async function getSession(id: string): Promise<Session | "unknown" | "unreachable"> {
  try {
    const { status, json } = await request(sessionPath(id));
    if (status === 400 || status === 404) return "unknown";
    if (status !== 200 || !Array.isArray(json?.["targets"])) return "unreachable";
    return {
      session_id: text(json["session_id"]),
      language: text(json["language"]),
      targets: texts(json["targets"]),
      speech: texts(json["speech"]),
      voices: new Map(Object.entries(object(json["voices"])).map(([lang, voice]) => [lang, text(voice)])),
      state: isState(json["state"]) ? json["state"] : "waiting",
      recording: json["recording"] === true,
    };
  } catch {
    return "unreachable";
  }
}

/** The code of the demo talk, when one is on. */
export async function getDemo(): Promise<string | undefined> {
  try {
    const { status, json } = await request("/v1/demo");
    const id = text(json?.["session_id"]);
    return status === 200 && id !== "" ? id : undefined;
  } catch {
    return undefined;
  }
}

/** The name of the recogniser that hears the talks, when the server says it. */
export async function getRecogniser(): Promise<string | undefined> {
  try {
    const { status, json } = await request("/readyz");
    const name = text(object(json?.["recogniser"])["name"]);
    return status === 200 && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}

export type Channel = "captions" | "speech";

/** Where `listener` follows a session in `lang`; captions after the settled revision `since`. */
export function channelAddress(
  id: string, channel: Channel, lang: string, since: number | undefined, listener: string | undefined,
): string {
  const query = new URLSearchParams({ lang });
  if (listener !== undefined) query.set("listener", listener);
  if (since !== undefined) query.set("since", String(since));
  return socketAddress(`${sessionPath(id)}/${channel}?${query}`);
}

export type TranscriptFormat = "vtt" | "srt" | "jsonl";

export function transcriptAddress(id: string, format: TranscriptFormat, lang: string): string {
  return `${sessionPath(id)}/captions.${format}?${new URLSearchParams({ lang })}`;
}

/** What a listener thinks of the captions; the last one of each `listener` counts. True: taken. */
export async function sendRating(
  id: string, rating: Rating, listener: string, language: string,
): Promise<boolean> {
  try {
    const body = { rating, listener, language };
    return (await request(`${sessionPath(id)}/feedback`, { method: "POST", body })).ok;
  } catch {
    return false;
  }
}

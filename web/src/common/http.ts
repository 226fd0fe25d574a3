// One request to the server, with its answer as JSON.

import { object, text } from "./json";
import type { Json } from "./json";

export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly field: string;
}

/** What is wrong, in an answer or a message that says so. */
export function errorOf(json: Json): ApiError {
  const { code, message, field } = object(json["error"]);
  return { code: text(code), message: text(message), field: text(field) };
}

export interface Request {
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: Json;
  /** Sent as a bearer's token, never in an address. */
  readonly token?: string;
  readonly cache?: RequestCache;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly ok: boolean;
  /** Undefined where the body is not JSON. */
  readonly json: Json | undefined;
}

/** Throws where no answer comes. */
export async function request(
  path: string, { method = "GET", body, token, cache = "default", signal }: Request = {},
): Promise<Reply> {
  const response = await fetch(path, {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    cache,
    signal: signal ?? null,
  });
  const { status, ok } = response;
  try {
    return { status, ok, json: object(await response.json()) };
  } catch {
    return { status, ok, json: undefined };
  }
}

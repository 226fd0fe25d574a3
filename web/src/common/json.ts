// Reads parsed JSON that may be anything.

export type Json = Readonly<Record<string, unknown>>;

/** The object itself; an empty one for what is none. */
export function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The texts of a list, without empty ones. */
export function texts(value: unknown): string[] {
  return list(value).map(text).filter((each) => each !== "");
}

/** The object that a text frame holds; an empty one for what holds none. */
export function parsed(frame: unknown): Json {
  try {
    return object(JSON.parse(text(frame)));
  } catch {
    return {};
  }
}

// A talk's code as people type it.

/**
 * "Golden Eagle 427", "golden_eagle427" and "GoldenEagle-427" are all golden-eagle-427. Empty when
 * nothing of a code is left.
 */
export function normalizeCode(typed: string): string {
  return typed
    .normalize("NFKC")
    .trim()
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/([a-z])(\d)/g, "$1-$2")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

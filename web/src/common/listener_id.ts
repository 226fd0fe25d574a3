// Who this browser is to the server in a talk, over all its connections.

import { keep, recall } from "./storage";

const kStorageKey = "sotto.listener";

/** The talk that is followed and the id in it; kept, so that a page that is loaded again is the same. */
let known = "";

/** The id that the server gave in that talk, if it did. */
export function listenerOf(talk: string): string | undefined {
  if (!known.startsWith(`${talk} `)) known = recall(kStorageKey) ?? "";
  const [of, id] = known.split(" ");
  return of === talk && id !== undefined && /^[0-9a-f]{32}$/.test(id) ? id : undefined;
}

/** The server gave that id. */
export function rememberListener(talk: string, id: string): void {
  known = `${talk} ${id}`;
  keep(kStorageKey, known);
}

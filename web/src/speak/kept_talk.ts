// The talk that this tab speaks in, kept so that it can go on after a reload. It holds the token:
// in sessionStorage, which no other tab reads and which goes when this one is closed.

import type { Talk } from "../common/speaker_api";

export interface KeptTalk extends Talk {
  /** When it began, in milliseconds of this device's clock. */
  readonly began: number;
}

const kStorageKey = "sotto.talk";

export function keepTalk(talk: KeptTalk): void {
  try {
    sessionStorage.setItem(kStorageKey, JSON.stringify(talk));
  } catch {
    // Private windows may refuse; then a reload loses the talk.
  }
}

export function forgetTalk(): void {
  try {
    sessionStorage.removeItem(kStorageKey);
  } catch {
    // Then there is none.
  }
}

export function keptTalk(): KeptTalk | undefined {
  try {
    const { id, token, language, targets, began } =
      JSON.parse(sessionStorage.getItem(kStorageKey) ?? "{}") as Partial<KeptTalk>;
    if (typeof id !== "string" || typeof token !== "string" || typeof language !== "string") return undefined;
    return { id, token, language, targets: targets ?? [], began: began ?? Date.now() };
  } catch {
    return undefined;
  }
}

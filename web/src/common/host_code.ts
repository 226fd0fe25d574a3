// The code that hosts start talks with, where the server wants one: kept in this tab, never part of
// an address that is sent.

import { normalizeCode } from "./code";

const kStorageKey = "sotto.host-code";
/** In an address: https://talks.example.org/#code=… */
const kInAddress = /^#code=(.+)$/;

let known = "";

export function keepHostCode(typed: string): void {
  known = normalizeCode(typed);
  try {
    if (known === "") sessionStorage.removeItem(kStorageKey);
    else sessionStorage.setItem(kStorageKey, known);
  } catch {
    // Private windows may refuse; then it lasts as long as the page.
  }
}

/** Empty when there is none. */
export function hostCode(): string {
  try {
    return sessionStorage.getItem(kStorageKey) ?? known;
  } catch {
    return known;
  }
}

/** Keeps the code of a link that has one, and takes it out of the address. */
export function takeHostCodeOfLink(): void {
  const found = kInAddress.exec(location.hash)?.[1];
  if (found === undefined) return;
  try {
    keepHostCode(decodeURIComponent(found));
  } catch {
    keepHostCode(found);
  }
  history.replaceState(history.state, "", location.pathname + location.search);
}

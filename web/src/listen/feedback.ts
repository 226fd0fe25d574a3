// What a listener thinks of the captions: good, fair or poor.

import { sendRating } from "../common/api";
import type { Rating } from "../common/api";
import { keep, recall } from "../common/storage";

const kStorageKey = "sotto.listener";

/** A random name for this browser, so that only its last answer counts. It says nothing else. */
export function listenerId(): string {
  const remembered = recall(kStorageKey) ?? "";
  if (/^[0-9a-f]{32}$/.test(remembered)) return remembered;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  keep(kStorageKey, made);
  return made;
}

/**
 * Makes the buttons send their rating of the captions in `language()`. `done` hears whether it was
 * taken; when it was not, the answer before stands.
 */
export function feedback(
  id: string, buttons: Readonly<Record<Rating, HTMLButtonElement>>, language: () => string,
  done: (taken: boolean) => void,
): void {
  const all = Object.entries(buttons) as [Rating, HTMLButtonElement][];
  const listener = listenerId();
  let taken: Rating | undefined;
  let asked: Rating | undefined;
  const show = (rating: Rating | undefined): void => {
    for (const [each, button] of all) button.setAttribute("aria-pressed", String(each === rating));
  };
  const send = async (rating: Rating): Promise<void> => {
    asked = rating;
    show(rating);
    const ok = await sendRating(id, rating, listener, language());
    if (ok) taken = rating;
    if (asked !== rating) return;
    show(taken);
    done(ok);
  };
  for (const [rating, button] of all) button.addEventListener("click", () => void send(rating));
  show(undefined);
}

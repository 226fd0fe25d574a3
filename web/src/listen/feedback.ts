// What a listener thinks of the captions: good, fair or poor.

import { sendRating } from "../common/api";
import type { Rating } from "../common/api";
import { listenerOf } from "../common/listener_id";

/**
 * Makes the buttons send their rating of the captions in `language()`. `done` hears whether it was
 * taken; when it was not, the answer before stands.
 */
export function feedback(
  id: string, buttons: Readonly<Record<Rating, HTMLButtonElement>>, language: () => string,
  done: (taken: boolean) => void,
): void {
  const all = Object.entries(buttons) as [Rating, HTMLButtonElement][];
  let taken: Rating | undefined;
  let asked: Rating | undefined;
  const show = (rating: Rating | undefined): void => {
    for (const [each, button] of all) button.setAttribute("aria-pressed", String(each === rating));
  };
  const send = async (rating: Rating): Promise<void> => {
    asked = rating;
    show(rating);
    const listener = listenerOf(id);
    const ok = listener !== undefined && await sendRating(id, rating, listener, language());
    if (ok) taken = rating;
    if (asked !== rating) return;
    show(taken);
    done(ok);
  };
  for (const [rating, button] of all) button.addEventListener("click", () => void send(rating));
  show(undefined);
}

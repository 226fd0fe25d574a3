// What became of the last change: below the top line until it is closed or the next one.

import { byId, setText } from "../common/dom";

export function say(text: string): void {
  setText(byId("outcome", HTMLElement), text);
}

/** Once, when the page begins. */
export function letItBeClosed(): void {
  byId("seen", HTMLButtonElement).addEventListener("click", () => say(""));
}

// A short word on what was just done, which goes by itself.

import { setText } from "../common/dom";

/** How long it stays, in milliseconds: two short sentences, read slowly. */
const kStays = 6_000;

export class Toast {
  private timer: number | undefined;

  /** @param place a status region, so that screen readers say it too */
  constructor(private readonly place: HTMLElement) {}

  say(text: string): void {
    clearTimeout(this.timer);
    setText(this.place, text);
    this.timer = setTimeout(() => setText(this.place, ""), kStays);
  }
}

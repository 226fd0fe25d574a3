// What the speaker should know just now: each note says what happened and what to do.

import { make, setText } from "../common/dom";

export interface Note {
  /** What it is about; a note that stays keeps its place and is announced once. */
  readonly id: string;
  readonly text: string;
  /** What changes all the time, such as seconds: shown, never announced. */
  readonly detail?: string;
  readonly action?: { readonly text: string; readonly do: () => void };
}

interface Shown {
  readonly element: HTMLElement;
  readonly text: Text;
  readonly detail: HTMLElement;
}

export class Notes {
  private readonly shown = new Map<string, Shown>();

  /** @param list a polite live region */
  constructor(private readonly list: HTMLElement) {}

  /** Shows these, in this order, and no others. */
  set(notes: readonly Note[]): void {
    const ids = new Set(notes.map(({ id }) => id));
    for (const [id, { element }] of this.shown) {
      if (ids.has(id)) continue;
      element.remove();
      this.shown.delete(id);
    }
    notes.forEach((note, i) => {
      const { element, text, detail } = this.shown.get(note.id) ?? this.add(note);
      setText(text, note.text);
      setText(detail, note.detail ?? "");
      if (this.list.children[i] !== element) this.list.insertBefore(element, this.list.children[i] ?? null);
    });
  }

  private add({ id, action }: Note): Shown {
    const element = make("div", "note");
    element.dataset["note"] = id;
    const words = make("p");
    const text = document.createTextNode("");
    const detail = make("span", "detail");
    detail.setAttribute("aria-live", "off");
    words.append(text, " ", detail);
    element.append(words);
    if (action !== undefined) {
      const button = make("button");
      button.type = "button";
      button.textContent = action.text;
      button.addEventListener("click", action.do);
      element.append(button);
    }
    const shown = { element, text, detail };
    this.shown.set(id, shown);
    return shown;
  }
}

// Line drawings that go beside a word, in the colour of the text. Screen readers do not see them.

import { drawing } from "../common/icons";

const kPaths = {
  go: "M4 12.5l5.5 5.5L20 6.5",
  hold: "M8.5 5v14M15.5 5v14",
  back: "M9 5l-5 5l5 5M4.5 10H14a5.5 5.5 0 0 1 0 11h-3",
  unknown: "M8 9a4 4 0 1 1 6 3.4c-1.4.8-2 1.5-2 3.1M12 19.5v.1",
  fail: "M6 6l12 12M18 6L6 18",
  few: "M5 12h.1M12 12h.1M19 12h.1",
  warning: "M12 4L2.5 20.5h19zM12 10v5M12 17.8v.1",
  bell: "M6 17v-6a6 6 0 0 1 12 0v6l1.5 2h-15zM10.5 21.5h3",
};

export type ConsoleIcon = keyof typeof kPaths;

/** The drawing's element; `now` changes which it is. */
export class IconPlace {
  readonly element: SVGSVGElement;
  private readonly path: SVGPathElement;
  private shown: ConsoleIcon | undefined;

  constructor(icon: ConsoleIcon) {
    ({ element: this.element, path: this.path } = drawing());
    this.now(icon);
  }

  now(icon: ConsoleIcon): void {
    if (icon === this.shown) return;
    this.shown = icon;
    this.path.setAttribute("d", kPaths[icon]);
  }
}

/** A word with its drawing before it. */
export function marked(icon: ConsoleIcon, word: string, className: string): HTMLSpanElement {
  const element = document.createElement("span");
  element.className = className;
  element.append(new IconPlace(icon).element, word);
  return element;
}

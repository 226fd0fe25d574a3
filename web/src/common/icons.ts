// Line drawings for buttons, 24 by 24, in the colour of the text. A word always says the same.

const kPaths = {
  system: "M4 5h16v11H4zM8.5 20h7M12 16v4",
  light: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  sound: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  silence: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
  original: "M4 5h16v14H4zM12 5v14M7 9h2M7 12h2M7 15h2M15 9h2M15 12h2M15 15h2",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M5 19.5h14",
  up: "M7.5 20.5h10.2a2 2 0 0 0 2-1.6l1.2-6a2 2 0 0 0-2-2.4H14V6.2a2.2 2.2 0 0 0-4.2-.9l-2.3 5.2M3.5 10.5h4v10h-4z",
  neutral: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM8.5 15h7M9 9.5v.5M15 9.5v.5",
  down: "M7.5 3.5h10.2a2 2 0 0 1 2 1.6l1.2 6a2 2 0 0 1-2 2.4H14v4.3a2.2 2.2 0 0 1-4.2.9l-2.3-5.2M3.5 3.5h4v10h-4z",
  more: "M5 11a1 1 0 1 0 0 2a1 1 0 0 0 0-2zM12 11a1 1 0 1 0 0 2a1 1 0 0 0 0-2zM19 11a1 1 0 1 0 0 2a1 1 0 0 0 0-2z",
};

export type Icon = keyof typeof kPaths;

const kSvg = "http://www.w3.org/2000/svg";

/** A drawing of one path, which is still empty. Screen readers do not see it. */
export function drawing(): { element: SVGSVGElement; path: SVGPathElement } {
  const element = document.createElementNS(kSvg, "svg");
  element.setAttribute("viewBox", "0 0 24 24");
  element.setAttribute("aria-hidden", "true");
  element.classList.add("icon");
  const path = document.createElementNS(kSvg, "path");
  element.append(path);
  return { element, path };
}

/** Puts that drawing into `holder`, in place of what was there. */
export function showIcon(holder: Element, name: Icon): void {
  const { element, path } = drawing();
  path.setAttribute("d", kPaths[name]);
  holder.replaceChildren(element);
}

/** The words that a button with a drawing has: for screen readers, and for a mouse that rests on it. */
export function nameButton(button: HTMLElement, name: string): void {
  button.setAttribute("aria-label", name);
  button.title = name;
}

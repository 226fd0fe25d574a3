// The speaker's own words beside the translation, where the reader wants them.

import { keep, recall } from "../common/storage";

const kStorageKey = "sotto.original";

/**
 * Makes `button` show and hide the originals in `column`. A change is made inside `change`, which may
 * see to it that the reader's place is kept.
 */
export function originalSwitch(
  column: HTMLElement, button: HTMLButtonElement, change: (make: () => void) => void,
): void {
  let shown = recall(kStorageKey) === "shown";
  const show = (): void => {
    button.setAttribute("aria-pressed", String(shown));
    column.classList.toggle("originals", shown);
  };
  button.addEventListener("click", () => {
    shown = !shown;
    keep(kStorageKey, shown ? "shown" : "hidden");
    change(show);
  });
  show();
}

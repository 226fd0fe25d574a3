// The size of the captions: the style's own for the screen, until the reader chooses one.

import { keep, recall } from "../common/storage";

const kStorageKey = "sotto.size";
/** In pixels. style.css has a rule for each. */
const kSizes = [20, 24, 28, 34, 40, 48, 56, 64];

/**
 * Makes the two buttons change the size of the text in `column`. A change is made inside `change`,
 * which may see to it that the reader's place is kept.
 */
export function textSize(
  column: HTMLElement, smaller: HTMLButtonElement, larger: HTMLButtonElement,
  change: (make: () => void) => void,
): void {
  const size = (): number => parseFloat(getComputedStyle(column).fontSize);
  const below = (): number | undefined => kSizes.filter((each) => each < size()).pop();
  const above = (): number | undefined => kSizes.find((each) => each > size());
  const showEnds = (): void => {
    smaller.disabled = below() === undefined;
    larger.disabled = above() === undefined;
  };
  const choose = (chosen: number | undefined): void => {
    if (chosen === undefined) return;
    keep(kStorageKey, String(chosen));
    change(() => (column.dataset["size"] = String(chosen)));
    showEnds();
  };

  const remembered = Number(recall(kStorageKey));
  if (kSizes.includes(remembered)) column.dataset["size"] = String(remembered);
  smaller.addEventListener("click", () => choose(below()));
  larger.addEventListener("click", () => choose(above()));
  showEnds();
}

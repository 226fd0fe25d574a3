// Keeps a list on the page in step with a list of items. What is there stays there: so focus, and
// text that somebody selects, survive the next reading.

import { setText } from "../common/dom";

export interface Row<Item> {
  readonly element: HTMLElement;
  /** Shows the item as it is now. */
  show(item: Item): void;
}

export class Rows<Item> {
  private rows = new Map<string, Row<Item>>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly key: (item: Item) => string,
    private readonly make: (item: Item) => Row<Item>,
  ) {}

  show(items: readonly Item[]): void {
    const before = this.rows;
    this.rows = new Map();
    let place = this.parent.firstElementChild;
    for (const item of items) {
      const key = this.key(item);
      if (this.rows.has(key)) continue;
      const row = before.get(key) ?? this.make(item);
      this.rows.set(key, row);
      row.show(item);
      if (row.element === place) place = place.nextElementSibling;
      else this.parent.insertBefore(row.element, place);
    }
    for (const [key, row] of before) if (!this.rows.has(key)) row.element.remove();
  }
}

/** A new cell at the end of a table's row. */
export function addCell(row: HTMLElement, kind: "th" | "td" | "number" = "td"): HTMLElement {
  const cell = document.createElement(kind === "th" ? "th" : "td");
  if (cell.tagName === "TH") cell.scope = "row";
  if (kind === "number") cell.className = "number";
  row.append(cell);
  return cell;
}

/** A cell of one line, and a quieter one below it where there is more to say. */
export function setLines(cell: HTMLElement, first: string, second = ""): void {
  if (cell.childElementCount === 0) {
    cell.append(document.createElement("div"), document.createElement("div"));
    cell.children[1]?.classList.add("small");
  }
  const [top, bottom] = [...cell.children];
  if (top !== undefined) setText(top, first);
  if (bottom !== undefined) setText(bottom, second);
}

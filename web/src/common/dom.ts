// Finding and making elements. Text goes in as text, never as markup.

/** The page's own element with that id; a page without it is broken. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  return element;
}

/** Sets the text only when it differs, so that a reader's selection in it survives. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Fills every element that has data-text="key" with the words of the page's language. */
export function fillTexts(words: Readonly<Record<string, string>>): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    const text = words[element.dataset["text"] ?? ""];
    if (text !== undefined) setText(element, text);
  }
}

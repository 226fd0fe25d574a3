// A menu of languages, each by its own name.

import { make } from "./dom";
import { nativeName } from "./language";

export function fillLanguageMenu(menu: HTMLSelectElement, languages: readonly string[]): void {
  menu.replaceChildren(...languages.map((lang) => {
    const option = make("option");
    option.value = option.lang = lang;
    option.textContent = nativeName(lang);
    return option;
  }));
}

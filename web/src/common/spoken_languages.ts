// The menu of what can be spoken: what the server offers, with the likeliest chosen.

import { make } from "./dom";
import { languageInAddress, nativeName } from "./language";
import type { SpokenLanguage } from "./speaker_api";
import { keep, recall } from "./storage";

const kStorageKey = "sotto.speaks";

export function rememberSpoken(lang: string): void {
  keep(kStorageKey, lang);
}

/** What the address asks for, what was spoken last, what the browser speaks, or the first. */
function choose(offered: readonly string[]): string {
  const browser = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  const wishes = [languageInAddress(), recall(kStorageKey), ...browser];
  return wishes.find((wish) => wish !== undefined && offered.includes(wish)) ?? offered[0] ?? "";
}

export function fillSpokenMenu(menu: HTMLSelectElement, languages: readonly SpokenLanguage[]): void {
  const offered = languages.map(({ language }) => language);
  menu.replaceChildren(...offered.map((lang) => {
    const option = make("option");
    option.value = option.lang = lang;
    option.textContent = nativeName(lang);
    return option;
  }));
  menu.value = choose(offered);
}

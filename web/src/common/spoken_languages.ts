// The menu of what can be spoken: what the server offers, with the likeliest chosen.

import { languageInAddress, plain } from "./language";
import { fillLanguageMenu } from "./language_menu";
import type { SpokenLanguage } from "./speaker_api";
import { keep, recall } from "./storage";

const kStorageKey = "sotto.speaks";

export function rememberSpoken(lang: string): void {
  keep(kStorageKey, lang);
}

/** What the address asks for, what was spoken last, what the browser speaks, or the first. */
function choose(offered: readonly string[]): string {
  const browser = navigator.languages.map(plain);
  const wishes = [languageInAddress(), recall(kStorageKey), ...browser];
  return wishes.find((wish) => wish !== undefined && offered.includes(wish)) ?? offered[0] ?? "";
}

export function fillSpokenMenu(menu: HTMLSelectElement, languages: readonly SpokenLanguage[]): void {
  const offered = languages.map(({ language }) => language);
  fillLanguageMenu(menu, offered);
  menu.value = choose(offered);
}

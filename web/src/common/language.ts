// Which language to read captions in, and what languages call themselves.

import { keep, recall } from "./storage";

const kStorageKey = "sotto.language";

/** "es" for "es-MX": captions come in plain languages. */
export function plain(tag: string): string {
  return tag.toLowerCase().split("-")[0] ?? "";
}

function isLanguageTag(tag: string): boolean {
  return /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(tag);
}

/** What the address asks for: ?lang=ca. */
export function languageInAddress(): string | undefined {
  const asked = new URLSearchParams(location.search).get("lang") ?? "";
  return isLanguageTag(asked) ? plain(asked) : undefined;
}

export function rememberLanguage(lang: string): void {
  keep(kStorageKey, lang);
}

/**
 * The address wins, even with a language the talk does not have, so that the page can say so. Then
 * the last choice, the browser's languages, and the talk's first target. The browser's languages
 * are matched with the targets alone: somebody who opens captions wants a translation first.
 */
export function chooseLanguage(source: string, targets: readonly string[]): string {
  const inAddress = languageInAddress();
  if (inAddress !== undefined) return inAddress;
  const remembered = recall(kStorageKey);
  if (remembered !== undefined && (remembered === source || targets.includes(remembered))) {
    return remembered;
  }
  return navigator.languages.map(plain).find((lang) => targets.includes(lang)) ?? targets[0] ?? source;
}

/** The language's own name for itself: "català" for "ca". */
export function nativeName(lang: string): string {
  try {
    return new Intl.DisplayNames([lang], { type: "language" }).of(lang) ?? lang;
  } catch {
    return lang;
  }
}

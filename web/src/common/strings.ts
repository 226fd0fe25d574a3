// The words that several pages have, in the languages Sotto translates to, and the choice of a language.

import { plain } from "./language";

/** English is what is left where nothing else fits. */
export type ByLanguage<Words> = Readonly<Record<string, Words>> & { readonly en: Words };

const kEnglish = {
  language: "Language",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  live: "Live",
  untranslated: "not translated",
  themeSystem: "Colours: as the system",
  themeLight: "Colours: light",
  themeDark: "Colours: dark",
  colours: "Colours",
  giveTitle: "Give a talk",
  giveHint: "Speak here, and listeners read along in their own language.",
  youSpeak: "You speak",
  start: "Start",
  hostCode: "Host code",
  hostCodeHint: "The operator of this server gives it to those who speak.",
  hostCodeWrong: "A talk is started with the host code. Ask the operator for it, and check it.",
  operatorStarts: "On this server, the operator starts the talks.",
  unreachable: "The server does not answer. Try again in a moment.",
};

export type CommonStrings = Readonly<typeof kEnglish>;

const kSpanish: CommonStrings = {
  language: "Idioma",
  connecting: "Conectando…",
  reconnecting: "Reconectando…",
  live: "En directo",
  untranslated: "sin traducir",
  themeSystem: "Colores: como el sistema",
  themeLight: "Colores: claros",
  themeDark: "Colores: oscuros",
  colours: "Colores",
  giveTitle: "Dar una charla",
  giveHint: "Hable aquí, y cada oyente lo lee en su idioma.",
  youSpeak: "Habla en",
  start: "Empezar",
  hostCode: "Código de anfitrión",
  hostCodeHint: "El operador de este servidor lo da a quienes hablan.",
  hostCodeWrong: "Las charlas se empiezan con el código de anfitrión. Pídaselo al operador y compruébelo.",
  operatorStarts: "En este servidor, las charlas las empieza el operador.",
  unreachable: "El servidor no responde. Inténtelo de nuevo en un momento.",
};

const kCatalan: CommonStrings = {
  language: "Llengua",
  connecting: "S’està connectant…",
  reconnecting: "S’està reconnectant…",
  live: "En directe",
  untranslated: "sense traduir",
  themeSystem: "Colors: com el sistema",
  themeLight: "Colors: clars",
  themeDark: "Colors: foscos",
  colours: "Colors",
  giveTitle: "Feu una xerrada",
  giveHint: "Parleu aquí, i cada oient ho llegeix en la seva llengua.",
  youSpeak: "Parleu en",
  start: "Comença",
  hostCode: "Codi d’amfitrió",
  hostCodeHint: "L’operador d’aquest servidor el dona a qui parla.",
  hostCodeWrong: "Les xerrades es comencen amb el codi d’amfitrió. Demaneu-lo a l’operador i comproveu-lo.",
  operatorStarts: "En aquest servidor, les xerrades les comença l’operador.",
  unreachable: "El servidor no respon. Torneu-ho a provar d’aquí a un moment.",
};

export const kCommon = { en: kEnglish, es: kSpanish, ca: kCatalan };

/** Of the first of `languages` that `words` has, or English. */
export function inLanguage<Words>(
  words: ByLanguage<Words>, languages: readonly string[],
): { lang: string; strings: Words } {
  for (const language of languages) {
    const lang = plain(language);
    const strings = words[lang];
    if (strings !== undefined) return { lang, strings };
  }
  return { lang: "en", strings: words.en };
}

/** Puts `value` in the place of {…}. */
export function fill(template: string, value: string): string {
  return template.replace(/\{\w+\}/, () => value);
}

// The page's own words, in the languages Sotto translates to.

const kEnglish = {
  language: "Language",
  captions: "Captions",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  waiting: "Waiting for the speaker",
  waitingLong: "Waiting for the speaker to begin. The captions will appear here.",
  live: "Live",
  liveLong: "The next words will appear here.",
  ended: "Ended",
  endedLong: "The talk has ended.",
  notFound: "Not found",
  notFoundLong: "There is no talk with this code, or it is over. Check the code and try again.",
  enterCode: "Enter another code",
  noLanguage: "Choose a language",
  noLanguageLong: "This talk has no captions in {language}. It has these:",
  backToLive: "Back to live",
  untranslated: "not translated",
  joinTitle: "Join a talk",
  codeLabel: "The talk’s code",
  codeHint: "The speaker has it: two words and a number.",
  join: "Join",
  looking: "Looking for {code}…",
  codeEmpty: "Type the talk’s code, such as golden-eagle-427.",
  codeUnknown: "There is no talk with the code {code}. Check it and try again.",
  unreachable: "The server does not answer. Try again in a moment.",
  demoOn: "A demo talk is on:",
  demoListen: "listen",
};

export type Strings = Readonly<typeof kEnglish>;

const kSpanish: Strings = {
  language: "Idioma",
  captions: "Subtítulos",
  connecting: "Conectando…",
  reconnecting: "Reconectando…",
  waiting: "Esperando al orador",
  waitingLong: "Esperando a que empiece el orador. Los subtítulos aparecerán aquí.",
  live: "En directo",
  liveLong: "Las próximas palabras aparecerán aquí.",
  ended: "Terminada",
  endedLong: "La charla ha terminado.",
  notFound: "No encontrada",
  notFoundLong: "No hay ninguna charla con este código, o ya ha terminado. Compruébelo e inténtelo de nuevo.",
  enterCode: "Introducir otro código",
  noLanguage: "Elija un idioma",
  noLanguageLong: "Esta charla no tiene subtítulos en {language}. Tiene estos:",
  backToLive: "Volver al directo",
  untranslated: "sin traducir",
  joinTitle: "Seguir una charla",
  codeLabel: "Código de la charla",
  codeHint: "Lo tiene el orador: dos palabras y un número.",
  join: "Entrar",
  looking: "Buscando {code}…",
  codeEmpty: "Escriba el código de la charla, por ejemplo golden-eagle-427.",
  codeUnknown: "No hay ninguna charla con el código {code}. Compruébelo e inténtelo de nuevo.",
  unreachable: "El servidor no responde. Inténtelo de nuevo en un momento.",
  demoOn: "Hay una charla de demostración:",
  demoListen: "escuchar",
};

const kCatalan: Strings = {
  language: "Llengua",
  captions: "Subtítols",
  connecting: "S’està connectant…",
  reconnecting: "S’està reconnectant…",
  waiting: "S’espera l’orador",
  waitingLong: "S’espera que l’orador comenci. Els subtítols apareixeran aquí.",
  live: "En directe",
  liveLong: "Les paraules següents apareixeran aquí.",
  ended: "Acabada",
  endedLong: "La xerrada s’ha acabat.",
  notFound: "No trobada",
  notFoundLong: "No hi ha cap xerrada amb aquest codi, o ja s’ha acabat. Comproveu-lo i torneu-ho a provar.",
  enterCode: "Introduïu un altre codi",
  noLanguage: "Trieu una llengua",
  noLanguageLong: "Aquesta xerrada no té subtítols en {language}. Té aquests:",
  backToLive: "Torna al directe",
  untranslated: "sense traduir",
  joinTitle: "Seguiu una xerrada",
  codeLabel: "Codi de la xerrada",
  codeHint: "El té l’orador: dues paraules i un nombre.",
  join: "Entra",
  looking: "S’està cercant {code}…",
  codeEmpty: "Escriviu el codi de la xerrada, per exemple golden-eagle-427.",
  codeUnknown: "No hi ha cap xerrada amb el codi {code}. Comproveu-lo i torneu-ho a provar.",
  unreachable: "El servidor no respon. Torneu-ho a provar d’aquí a un moment.",
  demoOn: "Hi ha una xerrada de demostració:",
  demoListen: "escolteu-la",
};

const kByLanguage: Readonly<Record<string, Strings>> = { en: kEnglish, es: kSpanish, ca: kCatalan };

/** The first of `languages` the page can speak, English when it speaks none. */
export function stringsFor(languages: readonly string[]): { lang: string; strings: Strings } {
  for (const language of languages) {
    const lang = language.toLowerCase().split("-")[0] ?? "";
    const strings = kByLanguage[lang];
    if (strings !== undefined) return { lang, strings };
  }
  return { lang: "en", strings: kEnglish };
}

/** Puts `value` in the place of {…}. */
export function fill(template: string, value: string): string {
  return template.replace(/\{\w+\}/, () => value);
}

// The words of the start page, in the languages Sotto translates to.

import { inLanguage, kCommon } from "../common/strings";

const kEnglish = {
  ...kCommon.en,
  joinTitle: "Join a talk",
  joinHint: "Read along, on this screen, in your language.",
  codeLabel: "The talk’s code",
  codeHint: "The speaker has it: two words and a number.",
  captionsIn: "Captions in",
  join: "Join",
  looking: "Looking for {code}…",
  codeEmpty: "Type the talk’s code, such as golden-eagle-427.",
  codeUnknown: "There is no talk with the code {code}. Check it and try again.",
  startHint: "Nothing is recorded yet: the microphone is asked for on the next page.",
  demoOn: "A demo talk is on:",
  demoListen: "listen",
  demoRecording: "recording, repeats",
  wordsBy: "Words by {recogniser}",
};

export type StartStrings = Readonly<typeof kEnglish>;

const kSpanish: StartStrings = {
  ...kCommon.es,
  joinTitle: "Seguir una charla",
  joinHint: "Lea en esta pantalla, en su idioma, lo que se dice.",
  codeLabel: "Código de la charla",
  codeHint: "Lo tiene el orador: dos palabras y un número.",
  captionsIn: "Subtítulos en",
  join: "Entrar",
  looking: "Buscando {code}…",
  codeEmpty: "Escriba el código de la charla, por ejemplo golden-eagle-427.",
  codeUnknown: "No hay ninguna charla con el código {code}. Compruébelo e inténtelo de nuevo.",
  startHint: "Aún no se graba nada: el micrófono se pide en la página siguiente.",
  demoOn: "Hay una charla de demostración:",
  demoListen: "escuchar",
  demoRecording: "grabación, se repite",
  wordsBy: "Palabras de {recogniser}",
};

const kCatalan: StartStrings = {
  ...kCommon.ca,
  joinTitle: "Seguiu una xerrada",
  joinHint: "Llegiu en aquesta pantalla, en la vostra llengua, el que es diu.",
  codeLabel: "Codi de la xerrada",
  codeHint: "El té l’orador: dues paraules i un nombre.",
  captionsIn: "Subtítols en",
  join: "Entra",
  looking: "S’està cercant {code}…",
  codeEmpty: "Escriviu el codi de la xerrada, per exemple golden-eagle-427.",
  codeUnknown: "No hi ha cap xerrada amb el codi {code}. Comproveu-lo i torneu-ho a provar.",
  startHint: "Encara no s’enregistra res: el micròfon es demana a la pàgina següent.",
  demoOn: "Hi ha una xerrada de demostració:",
  demoListen: "escolteu-la",
  demoRecording: "enregistrament, es repeteix",
  wordsBy: "Paraules de {recogniser}",
};

/** The words for the first of `languages` that the page can speak. */
export function startStringsFor(languages: readonly string[]): { lang: string; strings: StartStrings } {
  return inLanguage({ en: kEnglish, es: kSpanish, ca: kCatalan }, languages);
}

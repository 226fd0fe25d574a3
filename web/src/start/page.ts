// The start page: a code to type, a talk to begin, and the demo talk when one is on.

import { getDemo, getRecogniser, getSession } from "../common/api";
import { normalizeCode } from "../common/code";
import { byId, fillTexts, setText } from "../common/dom";
import { chooseLanguage, nativeName, rememberLanguage } from "../common/language";
import { fillLanguageMenu } from "../common/language_menu";
import { hostCode, keepHostCode, takeHostCodeOfLink } from "../common/host_code";
import { getOffer } from "../common/speaker_api";
import type { SpokenLanguage } from "../common/speaker_api";
import { fillSpokenMenu } from "../common/spoken_languages";
import { startStringsFor } from "./strings";
import { fill } from "../common/strings";
import { themeSwitch } from "../common/theme";

const { lang, strings } = startStringsFor(navigator.languages);
const field = byId("code", HTMLInputElement);
const button = byId("join", HTMLButtonElement);
const answer = byId("answer", HTMLElement);
const captions = byId("language", HTMLSelectElement);
const spoken = byId("spoken", HTMLSelectElement);

function say(text: string, isError: boolean): void {
  setText(answer, text);
  answer.classList.toggle("error", isError);
  field.setAttribute("aria-invalid", String(isError));
  if (isError) field.focus();
}

async function join(): Promise<void> {
  const code = normalizeCode(field.value);
  if (code === "") return say(strings.codeEmpty, true);
  say(fill(strings.looking, code), false);
  button.disabled = true;
  const session = await getSession(code);
  button.disabled = false;
  if (session === "unknown") return say(fill(strings.codeUnknown, code), true);
  if (session === "unreachable") return say(strings.unreachable, true);
  // What the menu says is what the listener page shows, also when nobody touched it.
  if (captions.value !== "") rememberLanguage(captions.value);
  location.assign(`/listen/${encodeURIComponent(code)}`);
}

/** The menus are a convenience: without an answer the page works as it is. */
async function offerLanguages(): Promise<void> {
  const offer = await getOffer();
  if (offer === "unreachable" || offer.languages.length === 0) return;
  const { languages, start } = offer;
  byId("host-code-part", HTMLElement).hidden = start !== "code";
  byId("operator-starts", HTMLElement).hidden = start !== "operator";
  fillSpokenMenu(spoken, languages);
  spoken.disabled = false;
  byId("you-speak", HTMLElement).hidden = false;
  fillCaptionsMenu(languages);
}

/** Every language that some talk could be followed in; what the listener page would choose first. */
function fillCaptionsMenu(languages: readonly SpokenLanguage[]): void {
  const all = [...new Set(languages.flatMap(({ language, targets }) => [language, ...targets]))];
  all.sort((a, b) => nativeName(a).localeCompare(nativeName(b)));
  fillLanguageMenu(captions, all);
  captions.value = chooseLanguage(lang, all);
  byId("captions-in", HTMLElement).hidden = false;
}

async function offerDemo(): Promise<void> {
  const id = await getDemo();
  if (id === undefined) return;
  byId("demo-link", HTMLAnchorElement).href = `/listen/${encodeURIComponent(id)}`;
  byId("demo", HTMLElement).hidden = false;
}

async function nameRecogniser(): Promise<void> {
  const name = await getRecogniser();
  if (name === undefined) return;
  const line = byId("recogniser", HTMLElement);
  setText(line, fill(strings.wordsBy, name));
  line.hidden = false;
}

document.documentElement.lang = lang;
fillTexts(strings);
themeSwitch(byId("theme", HTMLButtonElement));
takeHostCodeOfLink();
const host = byId("host-code", HTMLInputElement);
host.value = hostCode();
byId("give", HTMLFormElement).addEventListener("submit", () => keepHostCode(host.value));
byId("form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void join();
});
void offerLanguages();
void offerDemo();
void nameRecogniser();

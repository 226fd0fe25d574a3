// The start page: a code to type, and the demo talk when one is on.

import { getDemo, getSession } from "./api";
import { normaliseCode } from "./code";
import { byId, fillTexts, setText } from "./dom";
import { fill, stringsFor } from "./strings";

const { lang, strings } = stringsFor(navigator.languages);
const field = byId("code", HTMLInputElement);
const button = byId("join", HTMLButtonElement);
const answer = byId("answer", HTMLElement);

function say(text: string, isError: boolean): void {
  setText(answer, text);
  answer.classList.toggle("error", isError);
  field.setAttribute("aria-invalid", String(isError));
  if (isError) field.focus();
}

async function join(): Promise<void> {
  const code = normaliseCode(field.value);
  if (code === "") return say(strings.codeEmpty, true);
  say(fill(strings.looking, code), false);
  button.disabled = true;
  const session = await getSession(code);
  button.disabled = false;
  if (session === "unknown") return say(fill(strings.codeUnknown, code), true);
  if (session === "unreachable") return say(strings.unreachable, true);
  location.assign(`/listen/${encodeURIComponent(code)}`);
}

async function offerDemo(): Promise<void> {
  const id = await getDemo();
  if (id === undefined) return;
  byId("demo-link", HTMLAnchorElement).href = `/listen/${encodeURIComponent(id)}`;
  byId("demo", HTMLElement).hidden = false;
}

document.documentElement.lang = lang;
fillTexts(strings);
byId("form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void join();
});
void offerDemo();

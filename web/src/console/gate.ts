// The door: asks for the operator's token, which this tab keeps until it is closed.

import type { OperatorApi } from "./api";
import { byId, setText } from "../common/dom";

const kTokenKey = "sotto.console.token";

export class Gate {
  private readonly box = byId("gate", HTMLElement);
  private readonly token = byId("token", HTMLInputElement);
  private readonly enter = byId("enter", HTMLButtonElement);
  private readonly answer = byId("gate-answer", HTMLElement);

  /** @param opened hears that the api has a token, which may still turn out to be wrong */
  constructor(
    private readonly api: OperatorApi,
    private readonly opened: () => void,
  ) {
    byId("gate-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.knock();
    });
  }

  /** Opens with the token that this tab has, or asks for one. */
  start(): void {
    const token = remembered(kTokenKey);
    if (token === "") return this.show("");
    this.open(token);
  }

  /** The token is not right, or not any more. */
  refuse(): void {
    forget();
    this.show("This token is not right. It may have expired or been taken back. The file that sotto serve names when it starts has one that is.");
  }

  private show(problem: string): void {
    this.box.hidden = false;
    this.say(problem, problem !== "");
    this.token.focus();
    this.token.select();
  }

  private async knock(): Promise<void> {
    if (this.enter.disabled) return;
    const token = this.token.value.trim();
    if (token === "") {
      this.say("Type the token, or paste it.", true);
      return this.token.focus();
    }
    // What cannot stand in a header is no token.
    if (!/^[\x21-\x7e]+$/.test(token)) return this.refuse();
    this.enter.disabled = true;
    this.say("Asking the server…", false);
    this.api.token = token;
    const answer = await this.api.flag();
    this.enter.disabled = false;
    if (answer.kind === "refused") return this.refuse();
    if (answer.kind === "unreachable") {
      return this.say("The server does not answer. Try again in a moment.", true);
    }
    remember(kTokenKey, token);
    this.open(token);
  }

  private open(token: string): void {
    this.api.token = token;
    this.token.value = "";
    this.say("", false);
    this.box.hidden = true;
    this.opened();
  }

  private say(text: string, isError: boolean): void {
    setText(this.answer, text);
    this.answer.classList.toggle("error", isError);
    this.token.setAttribute("aria-invalid", String(isError));
  }
}

/** The next page of this tab asks again. */
export function forget(): void {
  try {
    sessionStorage.removeItem(kTokenKey);
  } catch {
    // There was nowhere to keep it.
  }
}

function remember(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // Private windows may refuse; then it lasts as long as the page.
  }
}

function remembered(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

// Asks once before something is done, and for the reason.

import { byId, make, setText } from "../common/dom";

export interface Question {
  readonly title: string;
  /** A paragraph each. */
  readonly text: readonly string[];
  /** What the button says. */
  readonly confirm: string;
  /** True for what takes something away: the button is red. */
  readonly harm: boolean;
  /** Undefined: no reason is asked for. */
  readonly reason: "must" | "may" | undefined;
  /** Said while `act` is waited for. */
  readonly doing: string;
  /** Does it; answers with what went wrong, or undefined, which closes the dialog. */
  readonly act: (reason: string) => Promise<string | undefined>;
  /** Where the focus goes when it is done; without this, to where it was. */
  readonly focusAfter?: () => HTMLElement;
}

export class AskDialog {
  private readonly box = byId("ask", HTMLDialogElement);
  private readonly reason = byId("ask-reason", HTMLInputElement);
  private readonly reasonLabel = byId("ask-reason-label", HTMLLabelElement);
  private readonly answer = byId("ask-answer", HTMLElement);
  private readonly confirm = byId("ask-confirm", HTMLButtonElement);
  private readonly cancel = byId("ask-cancel", HTMLButtonElement);
  private question: Question | undefined;
  private busy = false;

  constructor() {
    byId("ask-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.act();
    });
    this.cancel.addEventListener("click", () => this.close());
    // What is under way cannot be called back, so the dialog stays to say how it went.
    this.box.addEventListener("cancel", (event) => {
      if (this.busy) event.preventDefault();
    });
  }

  /** The dialog is on the page; `question.act` has not run. */
  ask(question: Question): void {
    if (this.box.open) return;
    this.question = question;
    setText(byId("ask-title", HTMLElement), question.title);
    byId("ask-text", HTMLElement).replaceChildren(...question.text.map((line) => {
      const paragraph = make("p");
      paragraph.textContent = line;
      return paragraph;
    }));
    setText(this.confirm, question.confirm);
    this.confirm.className = question.harm ? "harm" : "primary";
    this.reason.value = "";
    this.reason.hidden = this.reasonLabel.hidden = question.reason === undefined;
    setText(this.reasonLabel, question.reason === "may" ? "Reason (may be empty)" : "Reason");
    this.say("", false);
    this.box.showModal();
    (question.reason === undefined ? this.confirm : this.reason).focus();
  }

  private async act(): Promise<void> {
    const { question } = this;
    if (question === undefined || this.busy) return;
    const reason = this.reason.value.trim();
    if (question.reason === "must" && reason === "") {
      this.say("Say why: it goes into the history.", true);
      this.reason.focus();
      return;
    }
    this.setBusy(true);
    this.say(question.doing, false);
    const problem = await question.act(reason);
    this.setBusy(false);
    if (problem === undefined) {
      this.close();
      question.focusAfter?.().focus();
      return;
    }
    this.say(problem, true);
    this.confirm.focus();
  }

  private close(): void {
    if (this.busy) return;
    this.box.close();
  }

  private setBusy(busy: boolean): void {
    this.busy = busy;
    this.cancel.disabled = busy;
    // Not disabled, which would take the focus away.
    this.confirm.setAttribute("aria-disabled", String(busy));
  }

  private say(text: string, isError: boolean): void {
    setText(this.answer, text);
    this.answer.classList.toggle("error", isError);
  }
}

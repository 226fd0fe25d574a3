// Setting the percentage: chosen, tried without effect, and then done with a reason.

import type { Answer, OperatorApi } from "./api";
import { changesInWords } from "./history";
import { clock, counted, figure } from "./format";
import { problemOf } from "./switch";
import type { Changed, Criteria, Flag } from "./wire";
import { byId, setText } from "../common/dom";

/** What the change would do, from an answer to one that was only tried. */
export function previewOf(tried: Changed): string {
  if (tried.changes.length === 0) return `It is ${figure(tried.flag.percentage)} % already.`;
  const { preview } = tried;
  const words = changesInWords(tried.changes);
  if (preview === undefined) return `${words}. Talks that go on keep what they have.`;
  return `${words}. ${preview.on} of ${counted(preview.live, "live id")} would be on; talks that go on keep what they have.`;
}

export class PercentageForm {
  private readonly other = byId("other", HTMLInputElement);
  private readonly otherLabel = byId("other-label", HTMLElement);
  private readonly reason = byId("change-reason", HTMLInputElement);
  private readonly button = byId("set", HTMLButtonElement);
  private readonly preview = byId("preview", HTMLElement);
  private readonly caution = byId("caution", HTMLElement);
  private readonly answer = byId("change-answer", HTMLElement);
  private readonly form = byId("change-form", HTMLFormElement);
  private flag: Flag | undefined;
  private criteria: Criteria | undefined;
  /** Counts the previews that were asked for: only the last one is shown. */
  private asked = 0;

  /** @param changed hears that something is different now, or that somebody else was faster */
  constructor(
    private readonly api: OperatorApi,
    private readonly changed: () => void,
  ) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.set();
    });
    this.form.addEventListener("input", (event) => {
      if (event.target === this.reason) return;
      this.say("", false);
      this.paint();
      if (event.target !== this.other && this.chosen() === undefined) this.other.focus();
      void this.tryIt();
    });
  }

  show(flag: Flag): void {
    const isNew = flag.version !== this.flag?.version;
    this.flag = flag;
    this.paint();
    if (isNew) void this.tryIt();
  }

  showCriteria(criteria: Criteria): void {
    this.criteria = criteria;
    this.paint();
  }

  /** A whole number from 0 to 100, or undefined. */
  private chosen(): number | undefined {
    const choice = new FormData(this.form).get("percentage");
    if (choice !== "other") return choice === null ? undefined : Number(choice);
    const typed = this.other.value.trim();
    return /^\d+$/.test(typed) && Number(typed) <= 100 ? Number(typed) : undefined;
  }

  private paint(): void {
    const isOther = new FormData(this.form).get("percentage") === "other";
    this.otherLabel.hidden = !isOther;
    const chosen = this.chosen();
    const wrong = isOther && chosen === undefined && this.other.value !== "";
    this.other.setAttribute("aria-invalid", String(wrong));
    if (wrong) setText(this.preview, "A whole number from 0 to 100.");
    else if (chosen === undefined) setText(this.preview, "");
    this.button.disabled = chosen === undefined;
    setText(this.button, chosen === undefined ? "Set" : `Set ${figure(chosen)} %`);
    const caution = this.cautionFor(chosen);
    this.caution.hidden = caution === "";
    setText(this.caution, caution);
  }

  private cautionFor(chosen: number | undefined): string {
    const { flag, criteria } = this;
    if (chosen === undefined || flag === undefined) return "";
    if (!flag.enabled) return "Early captions are disabled: this counts once they are enabled.";
    if (criteria?.rollout?.status === "running" && chosen !== flag.percentage) {
      return `Plan ${criteria.rollout.plan} is running: a percentage set by hand pauses it.`;
    }
    if (chosen <= flag.percentage || criteria === undefined || criteria.decision === "go_on") return "";
    return criteria.decision === "hold" ? "The criteria say: hold." : "The criteria say: roll back.";
  }

  private async tryIt(): Promise<void> {
    const number = ++this.asked;
    const chosen = this.chosen();
    if (chosen === undefined || this.flag === undefined) return;
    const answer = await this.api.setPercentage(
      chosen, { dryRun: true, ifVersion: this.flag.version });
    if (number !== this.asked) return;
    if (answer.kind === "ok") setText(this.preview, previewOf(answer.value));
    else setText(this.preview, answer.kind === "failed" ? `The server says: ${answer.message}.` : "");
    if (answer.kind === "failed" && answer.status === 409) this.changed();
  }

  private async set(): Promise<void> {
    const chosen = this.chosen();
    if (chosen === undefined || this.flag === undefined || this.button.ariaDisabled === "true") return;
    const reason = this.reason.value.trim();
    if (reason === "") {
      this.say("Say why: it goes into the history.", true);
      return this.reason.focus();
    }
    this.button.ariaDisabled = "true";
    this.say(`Setting ${figure(chosen)} %…`, false);
    const answer = await this.api.setPercentage(chosen, { reason, ifVersion: this.flag.version });
    this.button.ariaDisabled = "false";
    this.finish(answer);
    this.changed();
  }

  private finish(answer: Answer<Changed>): void {
    const problem = problemOf(answer, "Not set");
    if (problem !== undefined || answer.kind !== "ok") return this.say(problem ?? "", true);
    this.say(`${figure(answer.value.flag.percentage)} % since ${clock(Date.now())}.`, false);
    ++this.asked;
    this.form.reset();
    this.paint();
  }

  private say(text: string, isError: boolean): void {
    setText(this.answer, text);
    this.answer.classList.toggle("error", isError);
  }
}

// The switch: Disable, always at hand, and Enable while it is off.

import type { Answer, OperatorApi } from "./api";
import type { AskDialog } from "./dialog";
import { clock, figure } from "./format";
import { say } from "./outcome";
import type { Acknowledgement, Flag } from "./wire";
import { byId } from "../common/dom";

/** "acknowledged by 3 of 3 in 180 ms", and who has not. */
export function acknowledgedBy(given: readonly Acknowledgement[] | undefined): string {
  if (given === undefined) return "who has acknowledged is not known";
  if (given.length === 0) return "no process reads the flag now";
  const done = given.filter((known) => known.acknowledged);
  const slowest = Math.max(...done.map((known) => known.ms ?? 0));
  const time = done.length === 0 ? "" : ` in ${figure(slowest, 0)} ms`;
  const late = given.filter((known) => !known.acknowledged).map((known) => known.process);
  const missing = late.length === 0 ? "" : `; not yet by ${late.join(", ")}, until it reads the flag again`;
  return `acknowledged by ${done.length} of ${given.length}${time}${missing}`;
}

/** What went wrong with a change, for people; undefined when nothing did. */
export function problemOf(answer: Answer<unknown>, what: string): string | undefined {
  if (answer.kind === "ok") return undefined;
  if (answer.kind === "refused") return `${what}: the token is not right any more. Reload the page and give the new one.`;
  if (answer.kind === "failed") return `${what}: ${answer.message}.`;
  return "The server does not answer, so it is not known whether it was done. Try again.";
}

export class Switch {
  private readonly disable = byId("disable", HTMLButtonElement);
  private readonly enable = byId("enable", HTMLButtonElement);
  private flag: Flag | undefined;

  /** @param changed hears that something is different now */
  constructor(
    private readonly api: OperatorApi,
    private readonly dialog: AskDialog,
    private readonly changed: () => void,
  ) {
    this.disable.addEventListener("click", () => this.askToDisable());
    this.enable.addEventListener("click", () => this.askToEnable());
  }

  show(flag: Flag): void {
    this.flag = flag;
    this.swap(!flag.enabled);
  }

  private swap(off: boolean): void {
    const hadFocus = document.activeElement === this.disable || document.activeElement === this.enable;
    this.enable.hidden = !off;
    this.disable.hidden = off;
    if (hadFocus) this.shown().focus();
  }

  private shown(): HTMLButtonElement {
    return this.disable.hidden ? this.enable : this.disable;
  }

  private askToDisable(): void {
    this.dialog.ask({
      title: "Disable early captions?",
      text: ["For everybody, at once, in live talks too: they go on with final captions."],
      confirm: "Disable now",
      harm: true,
      reason: "may",
      doing: "Disabling; waiting for every process to acknowledge…",
      act: async (reason) => {
        // Whatever others have changed meanwhile: no version is named.
        const answer = await this.api.turn(false, { reason });
        this.changed();
        if (answer.kind === "unreachable") {
          return "The server does not answer, so it may still be on. Try again, or on its machine: sotto rollout --disable";
        }
        if (answer.kind === "ok") {
          say(`Disabled at ${clock(Date.now())}, ${acknowledgedBy(answer.value.acknowledgements)}.`);
          this.swap(true);
        }
        return problemOf(answer, "Not disabled");
      },
      focusAfter: () => this.shown(),
    });
  }

  private askToEnable(): void {
    const { flag } = this;
    if (flag === undefined) return;
    this.dialog.ask({
      title: "Enable early captions?",
      text: [
        `For ${figure(flag.percentage)} % of the talks that begin from now on.`,
        "Talks that were disabled stay with final captions.",
        ...(flag.reason === "" ? [] : [`It was changed last by ${flag.changedBy}: ${flag.reason}`]),
      ],
      confirm: `Enable for ${figure(flag.percentage)} %`,
      harm: false,
      reason: "must",
      doing: "Enabling…",
      act: async (reason) => {
        const answer = await this.api.turn(true, { reason, ifVersion: flag.version });
        this.changed();
        if (answer.kind === "ok") {
          say(`Enabled for ${figure(answer.value.flag.percentage)} % at ${clock(Date.now())}.`);
          this.swap(false);
        }
        return problemOf(answer, "Not enabled");
      },
      focusAfter: () => this.shown(),
    });
  }
}

// The badge that says whether listeners get words early, and why when it is pointed at or pressed.

import { byId, setText } from "../common/dom";
import type { SpeakStrings } from "./strings";
import type { Mode } from "../common/speaker_api";

type Reason = "rollout" | "outside_rollout" | "disabled" | "environment_off" | "override_on" | "override_off"
  | "control_group" | "stepped_back" | "a_a" | "fallback";

const kReasons: ReadonlySet<string> = new Set<Reason>([
  "rollout", "outside_rollout", "disabled", "environment_off", "override_on", "override_off",
  "control_group", "stepped_back", "a_a", "fallback",
]);

function isReason(reason: string): reason is Reason {
  return kReasons.has(reason);
}

export class ModeBadge {
  private readonly badge = byId("badge", HTMLElement);
  private readonly button = byId("badge-button", HTMLButtonElement);
  private readonly text = byId("badge-text", HTMLElement);
  private readonly why = byId("badge-why", HTMLElement);

  constructor(private readonly strings: SpeakStrings) {
    this.button.addEventListener("click", () => this.open(!("open" in this.badge.dataset)));
    this.badge.addEventListener("focusout", () => this.open(false));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.dismiss();
    });
    this.badge.addEventListener("pointerleave", () => delete this.badge.dataset["dismissed"]);
  }

  show({ enabled, reason }: Mode): void {
    const { strings } = this;
    this.badge.hidden = false;
    this.badge.dataset["mode"] = enabled ? "early" : "final";
    setText(this.text, enabled ? strings.early : strings.finalOnly);
    const because = isReason(reason) ? ` ${strings[reason]}` : "";
    setText(this.why, (enabled ? strings.earlyWhy : strings.finalWhy) + because);
  }

  private open(open: boolean): void {
    this.button.setAttribute("aria-expanded", String(open));
    delete this.badge.dataset["dismissed"];
    if (open) this.badge.dataset["open"] = "";
    else delete this.badge.dataset["open"];
  }

  /** Also while the pointer is on it (WCAG 2.2, 1.4.13). */
  private dismiss(): void {
    this.open(false);
    this.badge.dataset["dismissed"] = "";
  }
}

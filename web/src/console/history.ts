// Who changed what, when and why, and the way back.

import type { Answer, OperatorApi } from "./api";
import type { AskDialog } from "./dialog";
import { figure, moment } from "./format";
import { say } from "./outcome";
import { Panel } from "./panel";
import { Rows } from "./rows";
import type { Row } from "./rows";
import { problemOf } from "./switch";
import type { Changed, Difference, Version } from "./wire";
import { make, setText } from "../common/dom";

const kFields: Readonly<Record<string, { name: string; unit: string }>> = {
  rollout_percentage: { name: "percentage", unit: " %" },
  min_stability_threshold: { name: "stability from", unit: "" },
  max_buffer_timeout: { name: "buffer at most", unit: " s" },
};

function inWords({ field, before, after }: Difference): string {
  if (field === "enabled") return after === "true" ? "enabled" : "disabled";
  const known = kFields[field];
  const name = known?.name ?? field.replace(/^overrides\./, "override for ");
  const unit = known?.unit ?? "";
  if (before === "") return `${name} ${after}${unit}`;
  return after === "" ? `${name} taken away` : `${name} ${before} → ${after}${unit}`;
}

/** "Disabled, percentage 10 → 50 %". */
export function changesInWords(changes: readonly Difference[]): string {
  const words = changes.map(inWords).join(", ");
  return words === "" ? "Nothing changed" : words.charAt(0).toUpperCase() + words.slice(1);
}

/** The server's sentence in the page's words. */
function switchesOnWords({ switchesOn }: Changed): string {
  return switchesOn === "" ? ""
    : `This ${switchesOn.replace("partial results", "early captions").replace("new sessions", "new talks")}.`;
}

/** What the button says that switches somebody on. */
function confirmWords({ changes, flag }: Changed): string {
  const again = changes.some(({ field, after }) => field === "enabled" && after === "true");
  return again ? `Switch on again, ${figure(flag.percentage)} %` : "Go back and switch on";
}

/** An entry, and whether it is what holds now. */
interface Entry {
  readonly version: Version;
  readonly isCurrent: boolean;
}

export class HistoryList {
  readonly panel = new Panel("history");
  private readonly rows = new Rows<Entry>(
    this.panel.part("ol"), ({ version }) => String(version.version), () => this.row());
  private current = 0;

  /** @param changed hears that something is different now */
  constructor(
    private readonly api: OperatorApi,
    private readonly dialog: AskDialog,
    private readonly changed: () => void,
  ) {}

  show(answer: Answer<readonly Version[]>): void {
    if (!this.panel.heard(answer)) return;
    this.current = answer.value[0]?.version ?? 0;
    this.rows.show(answer.value.map((version, i) => ({ version, isCurrent: i === 0 })));
  }

  private row(): Row<Entry> {
    const element = make("li");
    const what = make("strong");
    const who = make("span", "small");
    const why = make("span");
    const button = make("button");
    button.type = "button";
    let shown: Entry | undefined;
    button.addEventListener("click", () => {
      if (shown !== undefined) void this.askToUndo(shown);
    });
    element.append(what, who, why, button);
    return {
      element,
      show: (entry) => {
        shown = entry;
        const { version, isCurrent } = entry;
        setText(what, version.error === "" ? changesInWords(version.changes) : `Refused: ${version.error}`);
        const when = moment(version.changedAt, Date.now());
        setText(who, `${version.changedBy}, ${when}, version ${version.version}`);
        setText(why, version.reason);
        why.hidden = version.reason === "";
        setText(button, isCurrent ? "Undo" : "Back to this");
        button.setAttribute("aria-label", isCurrent ? `Undo version ${version.version}`
          : `Back to version ${version.version}`);
        // To what is refused there is no way back.
        button.hidden = !isCurrent && version.error !== "";
        element.toggleAttribute("data-current", isCurrent);
      },
    };
  }

  private async askToUndo({ version, isCurrent }: Entry): Promise<void> {
    const target = isCurrent ? undefined : version.version;
    const seen = this.current;
    const tried = await this.api.undo(target, { dryRun: true, ifVersion: seen });
    if (tried.kind !== "ok") return say(problemOf(tried, "Nothing to undo") ?? "");
    const title = isCurrent ? "Undo the last change?" : `Back to version ${version.version}?`;
    const confirm = tried.value.switchesOn !== "";
    this.dialog.ask({
      title,
      text: [`${changesInWords(tried.value.changes)}.`, ...(confirm ? [switchesOnWords(tried.value)] : [])],
      confirm: confirm ? confirmWords(tried.value) : isCurrent ? "Undo" : "Go back",
      harm: confirm,
      reason: "may",
      doing: "Going back…",
      act: async (reason) => {
        const answer = await this.api.undo(target, { reason, ifVersion: seen, confirm });
        this.changed();
        if (answer.kind === "ok") say(`Done: ${changesInWords(answer.value.changes)}.`);
        return problemOf(answer, "Not undone");
      },
    });
  }
}

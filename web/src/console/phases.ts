// The rollout's phases: where it is, what it waits for, and what an operator may do to it.

import type { Answer, OperatorApi } from "./api";
import type { AskDialog } from "./dialog";
import { duration, figure, moment } from "./format";
import { say } from "./outcome";
import { Panel } from "./panel";
import { Rows } from "./rows";
import type { Row } from "./rows";
import type { Criteria } from "./wire";
import type { Phase, PhaseCommand, PhasesDone, RolloutEvent, Standing, Status } from "./phases_wire";
import { make, setText } from "../common/dom";

const kStatusWords: Readonly<Record<Status, string>> = {
  running: "Running", paused: "Paused", rolled_back: "Taken back", aborted: "Given up", completed: "Completed",
};

/** What each state leaves to do; the first is the next step that one would expect. */
const kCommands: Readonly<Record<Status | "none", readonly PhaseCommand[]>> = {
  none: ["start"],
  running: ["pause", "approve", "advance", "abort"],
  paused: ["resume", "approve", "advance", "abort"],
  rolled_back: ["clear", "abort"],
  aborted: ["start"],
  completed: ["start", "abort"],
};

interface Asking {
  readonly button: string;
  readonly title: string;
  readonly text: string;
  readonly harm: boolean;
  readonly reason: "must" | "may";
}

const kAsking: Readonly<Record<PhaseCommand, Asking>> = {
  start: {
    button: "Start the guide’s plan", title: "Start the guide’s plan?", harm: false, reason: "may",
    text: "Canary 10 % and gradual 50 % for a week each, then everybody. It promotes, and takes back, by itself. Other plans: sotto rollout start --plan.",
  },
  advance: {
    button: "Advance", title: "On to the next phase now?", harm: false, reason: "must",
    text: "Without waiting for the end of this one. Refused while a criterion fails.",
  },
  pause: {
    button: "Pause", title: "Pause the rollout?", harm: false, reason: "may",
    text: "Nothing is promoted until it is resumed. What guards it still acts.",
  },
  resume: {
    button: "Resume", title: "Resume the rollout?", harm: false, reason: "may",
    text: "The flag is set to what the phase wants; a phase that was left is proved anew.",
  },
  abort: {
    button: "Give up", title: "Give the rollout up?", harm: true, reason: "must",
    text: "The percentage goes back to 0; talks that are on keep their early captions.",
  },
  approve: {
    button: "Approve", title: "Approve the end of this phase?", harm: false, reason: "may",
    text: "It goes on once its criteria and its time are met as well.",
  },
  clear: {
    button: "Clear the rollback", title: "Clear the rollback?", harm: false, reason: "must",
    text: "Say what was mended. The rollout is paused then; resume it to go on.",
  },
};

const kEventWords: Readonly<Record<string, string>> = {
  started: "Started", promoted: "Phase passed", completed: "Completed", held: "Held", went_on: "Goes on",
  stepped_back: "Rolled back", disabled: "Disabled", overruled: "Flag changed by hand", paused: "Paused",
  resumed: "Resumed", approved: "Approved", advanced: "Advanced", aborted: "Given up", cleared: "Rollback cleared",
};

/** The latest events, newest first; more are in the report. */
const kMostEvents = 30;

/** "3 d of 7 d to go", of the phase that it is in. */
export function bakeWords({ bakeLeftHours, phases, phase }: Standing): string {
  const all = phases.find(({ name }) => name === phase)?.bakeHours ?? 0;
  const left = duration(bakeLeftHours * 3600);
  return bakeLeftHours <= 0 ? `its ${duration(all * 3600)} are over` : `${left} of ${duration(all * 3600)} to go`;
}

/** What is said of a phase: whether it has passed, goes on, or comes. */
export function phaseWords(standing: Standing, index: number): string {
  const at = standing.phases.findIndex(({ name }) => name === standing.phase);
  const phase = standing.phases[index];
  if (phase === undefined) return "";
  if (index < at || (index === at && standing.status === "completed")) return "passed";
  if (index > at) return duration(phase.bakeHours * 3600);
  const approval = phase.approval && standing.approvedBy === "" ? "; a person has to approve it" : "";
  return bakeWords(standing) + approval;
}

/** "Plan guide: running."; and what is about to happen to it because somebody has changed the flag. */
export function statusSentence(rollout: Standing | undefined): string {
  if (rollout === undefined) return "No plan is running: the percentage is set by hand.";
  return rollout.aboutTo === "" ? `Plan ${rollout.plan}: ${kStatusWords[rollout.status].toLowerCase()}.`
    : `Plan ${rollout.plan}. ${rollout.aboutTo}`;
}

interface Step {
  readonly phase: Phase;
  readonly words: string;
  readonly isCurrent: boolean;
}

function stepRow(): Row<Step> {
  const element = make("li");
  const name = make("strong");
  const share = make("span");
  const words = make("span", "small");
  element.append(name, share, words);
  return {
    element,
    show: ({ phase, words: said, isCurrent }) => {
      setText(name, phase.name);
      setText(share, `${figure(phase.percentage)} %`);
      setText(words, said);
      if (isCurrent) element.setAttribute("aria-current", "step");
      else element.removeAttribute("aria-current");
    },
  };
}

function eventRow(): Row<RolloutEvent> {
  const element = make("li");
  const what = make("strong");
  const who = make("span", "small");
  const why = make("span");
  element.append(what, who, why);
  return {
    element,
    show: (event) => {
      const share = event.before === event.after ? "" : `, ${figure(event.before)} → ${figure(event.after)} %`;
      setText(what, `${kEventWords[event.kind] ?? event.kind}${share}`);
      setText(who, `${event.by}, ${moment(event.at, Date.now())}, record ${event.record}`);
      setText(why, event.why);
    },
  };
}

export class PhasesPanel {
  readonly panel = new Panel("phases");
  private readonly status = this.panel.part<HTMLElement>("#phases-status");
  private readonly latch = this.panel.part<HTMLElement>("#phases-latch");
  private readonly buttons = this.panel.part<HTMLElement>("#phases-buttons");
  private readonly steps = new Rows<Step>(
    this.panel.part("#phases-steps"), ({ phase }) => phase.name, stepRow);
  private readonly events = new Rows<RolloutEvent>(
    this.panel.part("#phases-events"), ({ record }) => String(record), eventRow);
  private offered = "";

  /** @param changed hears that something is different now */
  constructor(
    private readonly api: OperatorApi,
    private readonly dialog: AskDialog,
    private readonly changed: () => void,
  ) {}

  show(criteria: Criteria, now: number): void {
    const { rollout } = criteria;
    const status = rollout?.status ?? "none";
    setText(this.status, statusSentence(rollout));
    this.panel.root.dataset["status"] = status;
    this.latch.hidden = rollout?.latch === undefined;
    setText(this.latch, rollout?.latch === undefined ? ""
      : `Taken back ${moment(rollout.latch.at, now)}: ${rollout.latch.why.replace(/\.$/, "")}. It stays so until somebody clears it.`);
    this.steps.show((rollout?.phases ?? []).map((phase, i) => ({
      phase, words: rollout === undefined ? "" : phaseWords(rollout, i), isCurrent: phase.name === rollout?.phase,
    })));
    this.offer(this.commandsFor(rollout));
  }

  showEvents(answer: Answer<readonly RolloutEvent[]>): void {
    if (!this.panel.heard(answer)) return;
    this.events.show([...answer.value].reverse().slice(0, kMostEvents));
  }

  private commandsFor(rollout: Standing | undefined): readonly PhaseCommand[] {
    const waits = rollout?.phases.find(({ name }) => name === rollout.phase)?.approval === true
      && rollout.approvedBy === "";
    return kCommands[rollout?.status ?? "none"].filter((command) => command !== "approve" || waits);
  }

  /** The buttons stay as they are, with their focus, while what can be done is the same. */
  private offer(commands: readonly PhaseCommand[]): void {
    const offered = commands.join(" ");
    if (offered === this.offered) return;
    this.offered = offered;
    this.buttons.replaceChildren(...commands.map((command) => {
      const button = make("button", kAsking[command].harm ? "harm" : undefined);
      button.type = "button";
      button.dataset["command"] = command;
      setText(button, kAsking[command].button);
      button.addEventListener("click", () => this.ask(command));
      return button;
    }));
  }

  private ask(command: PhaseCommand): void {
    const asking = kAsking[command];
    this.dialog.ask({
      title: asking.title,
      text: [asking.text],
      confirm: asking.button,
      harm: asking.harm,
      reason: asking.reason,
      doing: "Asking the server…",
      act: async (reason) => {
        const answer = await this.api.phases(command, reason);
        this.changed();
        if (answer.kind === "ok") say(answer.value.why);
        return problemOf(answer);
      },
    });
  }
}

function problemOf(answer: Answer<PhasesDone>): string | undefined {
  if (answer.kind === "ok") return undefined;
  if (answer.kind === "refused") return "The token is not right any more. Reload the page and give the new one.";
  if (answer.kind === "failed") return `Not done: ${answer.message}.`;
  return "The server does not answer, so it is not known whether it was done. Look again.";
}

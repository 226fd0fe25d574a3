// The operator's console: is it safe to go on, and the switch.

import { OperatorApi } from "./api";
import type { Answer } from "./api";
import { PercentageForm } from "./actions";
import { AlarmList } from "./alarms";
import { Bar } from "./bar";
import { CallerLine } from "./caller";
import { Charts } from "./charts";
import { CriteriaTable } from "./criteria";
import { AskDialog } from "./dialog";
import { duration } from "./format";
import { forget, Gate } from "./gate";
import { HistoryList } from "./history";
import { IconPlace } from "./icons";
import { Lookup } from "./lookup";
import { letItBeClosed } from "./outcome";
import { PhasesPanel } from "./phases";
import type { RolloutEvent } from "./phases_wire";
import { Poller } from "./poll";
import { RecogniserLine } from "./recogniser";
import { SessionTable } from "./sessions";
import { problemOf, Switch } from "./switch";
import { readInForce } from "./wire";
import type { Alarms, Criteria, Flag, LiveSession, Series, Version } from "./wire";
import { byId, setText } from "../common/dom";
import { themeSwitch } from "../common/theme";

/** Between an answer and the next question, in milliseconds. */
const kPace = 2_000;
const kSeriesPace = 15_000;
const kRecogniserPace = 15_000;
const kCallerPace = 60_000;
/** The history is asked for again when the flag has changed; this is for what that misses. */
const kHistoryPace = 60_000;
const kHistoryLength = 50;

class Desk {
  private readonly api = new OperatorApi();
  private readonly gate = new Gate(this.api, () => this.start());
  private readonly dialog = new AskDialog();
  private readonly bar = new Bar();
  private readonly caller = new CallerLine();
  private readonly criteria = new CriteriaTable();
  private readonly alarms = new AlarmList();
  private readonly charts = new Charts(() => this.series.now());
  private readonly lookup = new Lookup(this.api);
  private readonly sessions = new SessionTable(
    (id) => this.lookup.lookUp(id), (id) => this.askToEnd(id));
  private readonly recogniser = new RecogniserLine();
  private readonly history = new HistoryList(this.api, this.dialog, () => this.lookAgain());
  private readonly phases = new PhasesPanel(this.api, this.dialog, () => this.lookAgain());
  private readonly form = new PercentageForm(this.api, () => this.lookAgain());
  private readonly switch = new Switch(this.api, this.dialog, () => this.lookAgain());

  private readonly flags = this.poll("flag", kPace, () => this.api.flag(), (a, now) => this.onFlag(a, now));
  private readonly verdicts = this.poll(
    "criteria", kPace, () => this.api.criteria(), (a, now) => this.onCriteria(a, now));
  private readonly rings = this.poll("alarms", kPace, () => this.api.alarms(), (a, now) => this.onAlarms(a, now));
  private readonly talks = this.poll(
    "sessions", kPace, () => this.api.sessions(), (a, now) => this.onSessions(a, now));
  private readonly callers = this.poll(
    "caller", kCallerPace, () => this.api.caller(), (a) => this.caller.show(a));
  private readonly engines = this.poll(
    "recogniser", kRecogniserPace, () => this.api.recogniser(), (a) => this.recogniser.show(a));
  private readonly changes = this.poll(
    "history", kHistoryPace, () => this.api.history(kHistoryLength), (a) => this.onHistory(a));
  private readonly happened = this.poll(
    "events", kHistoryPace, () => this.api.events(), (a) => this.onEvents(a));
  private readonly series = this.pollSeries();
  private readonly pollers: readonly Pick<Poller<unknown>, "start" | "stop" | "now">[] = [
    this.flags, this.verdicts, this.rings, this.talks, this.callers, this.engines, this.changes, this.happened, this.series];

  private version = 0;
  /** What does not answer at all, and when something did last. */
  private readonly silent = new Set<string>();
  private heardAt: number | undefined;
  private ticker: number | undefined;

  constructor() {
    for (const place of document.querySelectorAll(".icon-place")) {
      place.append(new IconPlace("warning").element);
    }
    letItBeClosed();
    themeSwitch(byId("theme", HTMLButtonElement));
    byId("leave", HTMLButtonElement).addEventListener("click", () => {
      forget();
      location.reload();
    });
    byId("try-now", HTMLButtonElement).addEventListener("click", () => this.askAll());
    this.gate.start();
  }

  private start(): void {
    this.showDesk(true);
    this.pollers.forEach((poller) => poller.start());
    this.ticker = setInterval(() => this.tick(), 1000);
    this.tick();
  }

  private stop(): void {
    this.pollers.forEach((poller) => poller.stop());
    clearInterval(this.ticker);
    this.silent.clear();
    this.showDesk(false);
  }

  private showDesk(shown: boolean): void {
    byId("desk", HTMLElement).hidden = !shown;
    byId("leave", HTMLElement).hidden = !shown;
  }

  private askAll(): void {
    this.pollers.forEach((poller) => poller.now());
  }

  /** Something was changed, here or by somebody who was faster. */
  private lookAgain(): void {
    this.flags.now();
    this.verdicts.now();
    this.changes.now();
    this.happened.now();
  }

  private poll<T>(
    name: string, pace: number, ask: () => Promise<Answer<T>>,
    hear: (answer: Answer<T>, now: number) => void,
  ): Poller<T> {
    return new Poller(ask, pace, (answer) => {
      if (answer.kind === "refused") {
        this.stop();
        return this.gate.refuse();
      }
      const now = Date.now();
      if (answer.kind === "unreachable") {
        this.silent.add(name);
      } else {
        this.silent.delete(name);
        this.heardAt = now;
      }
      hear(answer, now);
      this.tick();
    });
  }

  private pollSeries(): Poller<Series> {
    let minutes = this.charts.range();
    return this.poll("series", kSeriesPace, () => {
      minutes = this.charts.range();
      return this.api.series(minutes);
    }, (answer, now) => this.charts.show(answer, minutes, now));
  }

  private onFlag(answer: Answer<Flag>, now: number): void {
    const storeDown = byId("store-down", HTMLElement);
    storeDown.hidden = answer.kind !== "failed";
    if (answer.kind === "failed") {
      const inForce = readInForce(answer.body);
      this.bar.showInForce(inForce);
      const goesOn = inForce === undefined ? "" : ` This server goes on with version ${inForce.version}.`;
      setText(storeDown, `The flag cannot be read: ${answer.message}.${goesOn}`);
    }
    if (answer.kind !== "ok") return;
    this.bar.showFlag(answer.value, now);
    this.switch.show(answer.value);
    this.form.show(answer.value);
    if (answer.value.version !== this.version && this.version !== 0) {
      this.changes.now();
      this.happened.now();
      this.verdicts.now();
      this.talks.now();
    }
    this.version = answer.value.version;
  }

  private onCriteria(answer: Answer<Criteria>, now: number): void {
    this.criteria.show(answer, now);
    if (answer.kind === "failed") this.bar.showTrouble(answer.message);
    if (answer.kind !== "ok") return;
    // What is shown together is to be of one flag.
    if ((answer.value.flagVersion ?? 0) > this.version && this.version !== 0) this.flags.now();
    this.bar.showCriteria(answer.value);
    this.form.showCriteria(answer.value);
    this.phases.show(answer.value, now);
    this.charts.showCriteria(answer.value.criteria);
  }

  private onEvents(answer: Answer<readonly RolloutEvent[]>): void {
    this.phases.showEvents(answer);
  }

  private onAlarms(answer: Answer<Alarms>, now: number): void {
    this.alarms.show(answer, now);
    if (answer.kind !== "ok") return;
    const { environment, alarms } = answer.value;
    const place = byId("environment", HTMLElement);
    place.hidden = environment === "";
    setText(place, environment);
    this.charts.showAlarms(alarms);
  }

  private onSessions(answer: Answer<readonly LiveSession[]>, now: number): void {
    this.sessions.show(answer, now);
  }

  private askToEnd(id: string): void {
    this.dialog.ask({
      title: `End the talk ${id}?`,
      text: ["Its speaker is cut off, and its listeners get the last captions. It cannot go on.", "Its transcript stays."],
      confirm: "End it",
      harm: true,
      reason: undefined,
      doing: "Ending…",
      act: async () => {
        const problem = problemOf(await this.api.endSession(id), "Not ended");
        if (problem === undefined) this.talks.now();
        return problem;
      },
      focusAfter: () => byId("sessions-title", HTMLElement),
    });
  }

  private onHistory(answer: Answer<readonly Version[]>): void {
    this.history.show(answer);
    if (answer.kind === "ok") this.charts.showHistory(answer.value);
  }

  private tick(): void {
    const now = Date.now();
    for (const { panel } of [this.criteria, this.alarms, this.charts, this.sessions]) panel.tick(now);
    this.bar.tick(now, this.criteria.panel.age(now));
    const gone = byId("unreachable", HTMLElement);
    gone.hidden = this.silent.size === 0;
    setText(byId("unreachable-age", HTMLElement), this.heardAt === undefined
      ? "Nothing has come yet." : `What is shown is ${duration((now - this.heardAt) / 1000)} old.`);
  }
}

new Desk();

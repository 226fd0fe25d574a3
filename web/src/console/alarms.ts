// The alarms, those that are on first.

import type { Answer } from "./api";
import { duration, moment, quantity } from "./format";
import { IconPlace } from "./icons";
import type { ConsoleIcon } from "./icons";
import { Panel } from "./panel";
import { Rows } from "./rows";
import type { Row } from "./rows";
import type { Alarm, Alarms } from "./wire";
import { make, setText } from "../common/dom";

const kStates: Readonly<Record<Alarm["state"], { order: number; icon: ConsoleIcon; word: string }>> = {
  ALARM: { order: 0, icon: "bell", word: "On" },
  INSUFFICIENT_DATA: { order: 1, icon: "few", word: "No data" },
  OK: { order: 2, icon: "go", word: "Quiet" },
};

/** What an alarm's value counts, by its name in the deployment guide. */
export function alarmUnit(name: string): string {
  if (name.endsWith("latency-high")) return "ms";
  return name.endsWith("rate-limit-high") ? "/min" : "";
}

/** "6.2 s, threshold 5 s". */
export function alarmValue({ name, value, threshold }: Alarm): string {
  const unit = alarmUnit(name);
  const limit = threshold === null ? "" : `threshold ${quantity(threshold, unit)}`;
  return value === null ? limit : `${quantity(value, unit)}${limit === "" ? "" : `, ${limit}`}`;
}

function sinceWhen(since: string, now: number): string {
  const at = new Date(since).getTime();
  return Number.isNaN(at) ? "" : `since ${moment(since, now)} (${duration((now - at) / 1000)})`;
}

function alarmRow(): Row<Alarm> {
  const element = make("li");
  const icon = new IconPlace("few");
  const word = make("span");
  const state = make("strong", "state");
  state.append(icon.element, word);
  const meaning = make("span", "meaning");
  const name = make("span", "small");
  const more = make("span", "small");
  element.append(state, meaning, more, name);
  return {
    element,
    show: (alarm) => {
      element.dataset["state"] = alarm.state;
      icon.now(kStates[alarm.state].icon);
      setText(word, kStates[alarm.state].word);
      setText(meaning, alarm.meaning);
      setText(name, alarm.name);
      // Since when all is well matters to nobody.
      const since = alarm.state === "ALARM" ? sinceWhen(alarm.since, Date.now()) : "";
      const parts = [alarmValue(alarm), since];
      setText(more, parts.filter((part) => part !== "").join("; "));
    },
  };
}

export class AlarmList {
  readonly panel = new Panel("alarms");
  private readonly title = this.panel.part<HTMLElement>("h2");
  private readonly rows = new Rows<Alarm>(this.panel.part("ul"), (alarm) => alarm.name, alarmRow);

  show(answer: Answer<Alarms>, now: number): void {
    if (!this.panel.heard(answer)) return;
    const { alarms } = answer.value;
    const on = alarms.filter((alarm) => alarm.state === "ALARM").length;
    setText(this.title, on === 0 ? "Alarms: none on" : `Alarms: ${on} on`);
    this.panel.root.toggleAttribute("data-on", on > 0);
    this.rows.show([...alarms].sort((a, b) => kStates[a.state].order - kStates[b.state].order));
    this.panel.took(now);
  }
}

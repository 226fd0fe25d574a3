// A part of the console with numbers in it: says when they were taken, greys them out when they are
// old, and says what is wrong when the server does not give them.

import type { Answer } from "./api";
import { setText } from "../common/dom";
import { clock, duration } from "./format";

/** Numbers older than this are greyed out, in milliseconds. */
export const kStaleAfter = 120_000;
/** From this age on the page says it, in milliseconds. */
const kNotNew = 10_000;

export class Panel {
  readonly root: HTMLElement;
  private readonly takenLine: HTMLElement | null;
  private readonly troubleLine: HTMLElement | null;
  private newAt: number | undefined;
  private takenAt = 0;
  private mark = "";
  private note = "";

  /** The section with that id; in it .taken and .trouble where there are such lines. */
  constructor(id: string) {
    const root = document.getElementById(id);
    if (root === null) throw new Error(`the page has no #${id}`);
    this.root = root;
    this.takenLine = root.querySelector(".taken");
    this.troubleLine = root.querySelector(".trouble");
  }

  part<T extends Element>(selector: string): T {
    const found = this.root.querySelector<T>(selector);
    if (found === null) throw new Error(`#${this.root.id} has no ${selector}`);
    return found;
  }

  /** Says what is wrong when the server has said so; true when there are numbers. */
  heard<T>(answer: Answer<T>): answer is { readonly kind: "ok"; readonly value: T } {
    if (this.troubleLine !== null && answer.kind !== "unreachable") {
      setText(this.troubleLine, answer.kind === "failed" ? `The server says: ${answer.message}.` : "");
    }
    return answer.kind === "ok";
  }

  /**
   * There are numbers. Where the server says when it took them, they get older until that changes:
   * its clock and this one may differ, so it is this one that measures. `note` goes before the time.
   */
  took(now: number, utc = "", note = ""): void {
    if (utc === "" || utc !== this.mark) {
      this.newAt = now;
      const said = new Date(utc).getTime();
      this.takenAt = Number.isNaN(said) ? now : said;
    }
    this.mark = utc;
    this.note = note;
    this.tick(now);
  }

  /** How old the numbers are, in milliseconds; undefined while there are none. */
  age(now: number): number | undefined {
    return this.newAt === undefined ? undefined : Math.max(0, now - this.newAt);
  }

  isStale(now: number): boolean {
    return (this.age(now) ?? 0) > kStaleAfter;
  }

  tick(now: number): void {
    const age = this.age(now);
    const stale = this.isStale(now);
    this.root.toggleAttribute("data-stale", stale);
    if (this.takenLine === null || age === undefined) return;
    const taken = `${this.note === "" ? "Taken" : `${this.note}, taken`} at ${clock(this.takenAt)}`;
    const ago = age < kNotNew ? "" : `, ${duration(age / 1000)} ago`;
    setText(this.takenLine, `${taken}${ago}${stale ? ": out of date" : ""}`);
  }
}

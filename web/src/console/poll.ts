// Asks the same again and again: at its pace while answers come, ever more slowly while none do,
// not at all while the page is hidden.

import type { Answer } from "./api";

const kLongestDelay = 30_000;

/**
 * How long to wait after `failures` failures in a row, in milliseconds: doubling, with the upper half
 * left to `random` (0 to 1), so that many pages do not come back at once.
 */
export function pollDelay(pace: number, failures: number, random: number): number {
  if (failures === 0) return pace;
  return Math.min(kLongestDelay, pace * 2 ** failures) * (0.5 + 0.5 * random);
}

export class Poller<T> {
  private timer: number | undefined;
  private running = false;
  private asking = false;
  private again = false;
  private failures = 0;

  /**
   * @param pace between an answer and the next question, in milliseconds
   * @param hear gets every answer that comes while this runs
   */
  constructor(
    private readonly ask: () => Promise<Answer<T>>,
    private readonly pace: number,
    private readonly hear: (answer: Answer<T>) => void,
  ) {
    document.addEventListener("visibilitychange", () => this.now());
    addEventListener("online", () => this.now());
  }

  start(): void {
    this.running = true;
    this.failures = 0;
    this.now();
  }

  stop(): void {
    this.running = false;
    this.again = false;
    clearTimeout(this.timer);
  }

  /** Asks at once; while an answer is awaited, once more after it. */
  now(): void {
    clearTimeout(this.timer);
    if (!this.running || document.hidden) return;
    if (this.asking) this.again = true;
    else void this.round();
  }

  private async round(): Promise<void> {
    this.asking = true;
    const answer = await this.ask();
    this.asking = false;
    if (!this.running) return;
    this.failures = answer.kind === "ok" ? 0 : this.failures + 1;
    this.hear(answer);
    const again = this.again;
    this.again = false;
    if (!this.running || document.hidden) return;
    if (again) return void this.round();
    this.timer = setTimeout(() => this.now(), pollDelay(this.pace, this.failures, Math.random()));
  }
}

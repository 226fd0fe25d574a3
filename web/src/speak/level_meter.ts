// The level meter: a bar for how loud it is, a tick for the loudest of the last second.

import { kLoud, kTooQuiet } from "./level";
import type { Level } from "./level";

/** The left end, in dBFS; the right end is full scale. */
const kLeft = -60;
/** How long the tick stays, in seconds of sound. */
const kHold = 1;

export interface LevelWords {
  readonly levelQuiet: string;
  readonly levelGood: string;
  readonly levelClipping: string;
}

function share(decibels: number): number {
  return Math.max(0, Math.min(1, (decibels - kLeft) / -kLeft));
}

export class LevelMeter {
  private readonly bar: HTMLElement;
  private readonly tick: HTMLElement;
  /** The loudest of late, and how long ago that was. */
  private peak = { value: kLeft, age: 0 };
  private voice = { value: kLeft, age: 0 };

  /** @param meter has role="meter", a .bar and a .tick; speak.css has the marks at the same places */
  constructor(private readonly meter: HTMLElement, private readonly words: LevelWords) {
    const part = (name: string): HTMLElement => {
      const found = meter.querySelector(name);
      if (!(found instanceof HTMLElement)) throw new Error(`the level meter has no ${name}`);
      return found;
    };
    this.bar = part(".bar");
    this.tick = part(".tick");
    meter.setAttribute("aria-valuemin", String(kLeft));
    meter.setAttribute("aria-valuemax", "0");
    this.rest();
  }

  show(level: Level): void {
    this.peak = hold(this.peak, level.peak, level.seconds);
    // The pauses between words are no reason to say "too quiet".
    this.voice = hold(this.voice, level.rms, level.seconds);
    const zone = this.peak.value >= kLoud ? "clipping" : this.voice.value < kTooQuiet ? "quiet" : "good";
    const words = { quiet: this.words.levelQuiet, good: this.words.levelGood, clipping: this.words.levelClipping };
    const decibels = Math.round(Math.max(kLeft, level.rms));
    this.meter.dataset["zone"] = zone;
    this.meter.setAttribute("aria-valuenow", String(decibels));
    this.meter.setAttribute("aria-valuetext", `${decibels} dB, ${words[zone]}`.replace("-", "−"));
    this.bar.style.transform = `scaleX(${share(level.rms)})`;
    this.tick.style.left = `${100 * share(this.peak.value)}%`;
  }

  /** Nothing is recorded: that is neither too quiet nor good. */
  rest(): void {
    this.peak = this.voice = { value: kLeft, age: 0 };
    this.show({ rms: kLeft, peak: kLeft, clipped: 0, seconds: 0 });
    this.meter.dataset["zone"] = "rest";
    this.meter.setAttribute("aria-valuetext", `−${-kLeft} dB`);
  }
}

function hold(
  held: { value: number; age: number }, value: number, seconds: number,
): { value: number; age: number } {
  const age = held.age + seconds;
  return value >= held.value || age > kHold ? { value, age: 0 } : { value: held.value, age };
}

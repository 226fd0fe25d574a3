// How loud a piece of sound is, and what is wrong with the last seconds of it.

/** dBFS: 0 is full scale. */
export interface Level {
  readonly rms: number;
  readonly peak: number;
  /** How many samples stand at full scale. */
  readonly clipped: number;
  readonly seconds: number;
}

/** What silence is called instead of minus infinity. */
export const kFloor = -96;
/** A room without a voice is below this, in dBFS. */
const kSilent = -60;
/** A voice that recognisers understand is louder than this at its loudest. */
export const kTooQuiet = -42;
/** Peaks from here on are as good as clipped. */
export const kLoud = -1;

/** How long the past is that is judged, in seconds. */
const kWindow = 5;
const kClippingWindow = 3;
/** Sums of tenths are not exact. */
const kNear = 0.01;
/** So many samples at full scale are no accident. */
const kClippedSamples = 8;

function decibels(amplitude: number): number {
  return amplitude > 0 ? Math.max(kFloor, 20 * Math.log10(amplitude)) : kFloor;
}

export function levelOf(samples: Int16Array, rate: number): Level {
  let squares = 0;
  let peak = 0;
  let clipped = 0;
  for (const sample of samples) {
    const size = Math.abs(sample);
    squares += size * size;
    if (size > peak) peak = size;
    if (size >= 32767) ++clipped;
  }
  return {
    rms: decibels(Math.sqrt(squares / Math.max(1, samples.length)) / 32768),
    peak: decibels(peak / 32768),
    clipped,
    seconds: samples.length / rate,
  };
}

export type Complaint = "silence" | "too_quiet" | "clipping";

/** Listens to every piece's level. */
export class LevelWatch {
  /** The newest last, `kWindow` seconds of them. */
  private past: Level[] = [];

  hear(level: Level): void {
    this.past.push(level);
    while (this.seconds() - (this.past[0]?.seconds ?? 0) >= kWindow - kNear) this.past.shift();
  }

  /** After a pause, or while muted, the past says nothing. */
  forget(): void {
    this.past = [];
  }

  complaint(): Complaint | undefined {
    if (this.clippedLately() >= kClippedSamples) return "clipping";
    if (this.seconds() < kWindow - kNear) return undefined;
    const loudest = Math.max(...this.past.map((level) => level.rms));
    if (loudest <= kSilent) return "silence";
    return loudest < kTooQuiet ? "too_quiet" : undefined;
  }

  private seconds(): number {
    return this.past.reduce((sum, level) => sum + level.seconds, 0);
  }

  private clippedLately(): number {
    let clipped = 0;
    let seconds = 0;
    for (let i = this.past.length - 1; i >= 0 && seconds < kClippingWindow; --i) {
      clipped += this.past[i]?.clipped ?? 0;
      seconds += this.past[i]?.seconds ?? 0;
    }
    return clipped;
  }
}

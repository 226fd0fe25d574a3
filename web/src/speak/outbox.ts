// What was recorded and said to the server, until the server has it: so that a lost connection
// loses nothing. Pieces of sound and control messages stay in the order in which they were made.

/** A JSON message, or sound. */
export type Entry = string | Int16Array;

/** How much sound is kept, in seconds. */
export const kKept = 30;
/** A server says what it has once for so many seconds of sound. */
const kSaidEvery = 1;
/** The server counts in samples of its own; a piece is there when all but this is, in seconds. */
const kTolerance = 0.01;

export class Outbox {
  /** Sent, but not acknowledged: the server may have it or not. */
  private flying: Entry[] = [];
  private waiting: Entry[] = [];
  private flyingSamples = 0;
  private waitingSamples = 0;
  /** What is known to be the server's, in samples from `origin` on. */
  private acknowledged = 0;
  /** Flying sound that was dropped before anyone knew whether it had arrived. */
  private forgotten = 0;
  /** The server's count, in seconds, where this connection began. */
  private origin = 0;
  private lost = 0;

  constructor(readonly rate: number) {}

  push(entry: Entry): void {
    this.waiting.push(entry);
    if (typeof entry === "string") return;
    this.waitingSamples += entry.length;
    while (this.flyingSamples + this.waitingSamples > kKept * this.rate) this.dropOldest();
  }

  /** What is to be sent next; it stays where it is. */
  next(): Entry | undefined {
    return this.waiting[0];
  }

  /** `next()` was handed to the connection. */
  sent(): void {
    const entry = this.waiting.shift();
    if (entry === undefined) return;
    this.flying.push(entry);
    this.waitingSamples -= samples(entry);
    this.flyingSamples += samples(entry);
  }

  /** The server counts `seconds` of sound from this talk's speaker. */
  acknowledge(seconds: number): void {
    const heard = (seconds - this.origin) * this.rate;
    const before = Math.max(0, Math.min(this.forgotten, heard - this.acknowledged));
    this.forgotten -= before;
    this.acknowledged += before;
    let last = -1;
    let end = this.acknowledged + this.forgotten;
    for (const [i, entry] of this.flying.entries()) {
      end += samples(entry);
      if (end > heard + kTolerance * this.rate) break;
      // A control message is the server's when sound after it is.
      if (typeof entry !== "string") {
        last = i;
        this.acknowledged = end;
        this.flyingSamples -= entry.length;
      }
    }
    this.flying.splice(0, last + 1);
  }

  /**
   * A new connection, on which the server says that it has `seconds` in all; undefined when it does
   * not say. Whatever it has not is to be sent again.
   */
  returned(seconds: number | undefined): void {
    // It would have said if it had a second more than when it last spoke. Of that second nobody
    // knows; it is taken as heard: a word lost is better than a word said twice.
    const silent = this.origin + this.acknowledged / this.rate + kSaidEvery;
    this.acknowledge(seconds ?? silent);
    this.lost += this.forgotten / this.rate;
    this.restart(seconds ?? 0);
    this.waiting = [...this.flying, ...this.waiting];
    this.waitingSamples += this.flyingSamples;
    this.flying = [];
    this.flyingSamples = 0;
  }

  /** The control messages among what is to be sent, in order. */
  controls(): string[] {
    return this.waiting.filter((entry): entry is string => typeof entry === "string");
  }

  /** Seconds of sound that are to be sent. */
  waitingSeconds(): number {
    return this.waitingSamples / this.rate;
  }

  /** Seconds of sound that are here, among them those that the server may have. */
  keptSeconds(): number {
    return (this.flyingSamples + this.waitingSamples) / this.rate;
  }

  /** Seconds of sound that are not here any more, and that the server does not have as far as is known. */
  lostSeconds(): number {
    return this.lost + this.forgotten / this.rate;
  }

  private restart(origin: number): void {
    this.origin = origin;
    this.acknowledged = 0;
    this.forgotten = 0;
  }

  private dropOldest(): void {
    const flying = this.flying.findIndex((entry) => typeof entry !== "string");
    if (flying >= 0) {
      const length = samples(this.flying.splice(flying, 1)[0]);
      this.flyingSamples -= length;
      this.forgotten += length;
      return;
    }
    const waiting = this.waiting.findIndex((entry) => typeof entry !== "string");
    const length = samples(this.waiting.splice(waiting, 1)[0]);
    this.waitingSamples -= length;
    this.lost += length / this.rate;
  }
}

function samples(entry: Entry | undefined): number {
  return typeof entry === "object" ? entry.length : 0;
}

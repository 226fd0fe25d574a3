// What was recorded and said to the server, until the server has it for good: so that neither a lost
// connection nor a killed server loses a word. Pieces of sound and control messages stay in the
// order in which they were made.

/** A JSON message, or sound. */
export type Entry = string | Int16Array;

/** How much sound is kept, in seconds. */
export const kKept = 60;
/** A server says what it has once for so many seconds of sound. */
const kSaidEvery = 1;
/** The server counts in samples of its own; a piece is there when all but this is, in seconds. */
const kTolerance = 0.01;

/** Places are samples from where this page began to record. */
export class Outbox {
  /** Those before `cursor` were sent; the first begins at the place `start`. */
  private kept: Entry[] = [];
  private cursor = 0;
  private start = 0;
  /** Where the next piece to be sent begins, and where all ends. */
  private sentEnd = 0;
  private end = 0;
  /** The server has heard it up to here, and has it for good, as far as is known. */
  private received = 0;
  private settled = 0;
  /** Where the page's place 0 is in the talk, in seconds; unknown before the first connection. */
  private base: number | undefined;
  private connected = false;
  /** Seconds of sound that were lost before this connection. */
  private lost = 0;

  constructor(readonly rate: number) {}

  push(entry: Entry): void {
    this.kept.push(entry);
    if (typeof entry === "string") return;
    this.end += entry.length;
    while (this.end - this.start > kKept * this.rate) this.dropOldest();
  }

  /** What is to be sent next; it stays where it is. */
  next(): Entry | undefined {
    return this.kept[this.cursor];
  }

  /** `next()` was handed to the connection. */
  sent(): void {
    this.sentEnd += samples(this.kept[this.cursor]);
    if (this.cursor < this.kept.length) ++this.cursor;
  }

  /**
   * The server has heard `seconds` of the talk, and has it for good up to `settled`; one that does
   * not say the latter means the former.
   */
  acknowledge(seconds: number, settled = seconds): void {
    this.received = Math.max(this.received, Math.min(this.placeOf(seconds), this.sentEnd));
    this.settled = Math.max(this.settled, Math.min(this.placeOf(settled), this.received));
    const tolerance = kTolerance * this.rate;
    let end = this.start;
    let last = -1;
    for (const [i, entry] of this.kept.entries()) {
      end += samples(entry);
      if (i >= this.cursor || end > this.settled + tolerance) break;
      // A control message is the server's when sound after it is.
      if (typeof entry === "string") continue;
      last = i;
      this.start = end;
    }
    this.drop(last + 1);
  }

  /** The connection is gone. */
  away(): void {
    this.connected = false;
  }

  /** The place in the talk from which on sound is here, in seconds; undefined before it has one. */
  fromSeconds(): number | undefined {
    return this.base === undefined ? undefined : this.base + this.start / this.rate;
  }

  /**
   * A new connection, on which the server says that it goes on at `seconds` of the talk; undefined
   * when it does not say. What follows there is sent again: a server that was killed has no more
   * than what had settled.
   */
  returned(seconds: number | undefined): void {
    const { rate } = this;
    const tolerance = 2 * kTolerance * rate;
    this.base ??= (seconds ?? 0) - this.start / rate;
    const said = seconds === undefined ? undefined : this.placeOf(seconds);
    // One that does not skip what is not here says what it has had of it.
    if (said !== undefined && said < this.start - tolerance) this.received = Math.max(this.received, said);
    // One that was killed has not what it had heard.
    const again = said !== undefined && said <= this.start + tolerance && this.received > this.start + tolerance;
    this.lost = this.lostSeconds() + (again ? Math.max(0, this.start - this.settled) / rate : 0);
    this.received = Math.max(this.received, this.start);
    // It would have said if it had a second more than when it last spoke. Of that second nobody
    // knows; it is taken as heard: a word lost is better than a word said twice.
    const silent = Math.min(this.received + kSaidEvery * rate, this.sentEnd);
    const place = Math.min(Math.max(said ?? silent, this.start), Math.max(this.sentEnd, this.start));
    // A server that counts anew, or one that somebody else spoke to meanwhile.
    if (seconds !== undefined && Math.abs(this.placeOf(seconds) - place) > tolerance) {
      this.base = seconds - place / rate;
    }
    this.received = place;
    this.rewind(place);
    this.connected = true;
  }

  /** The control messages among what is to be sent, in order. */
  controls(): string[] {
    return this.kept.slice(this.cursor).filter((entry): entry is string => typeof entry === "string");
  }

  /** Seconds of sound that are to be sent. */
  waitingSeconds(): number {
    return (this.end - this.sentEnd) / this.rate;
  }

  /** Seconds of sound that are here and that the server has not, as far as is known. */
  keptSeconds(): number {
    return (this.end - Math.max(this.start, this.received)) / this.rate;
  }

  /** Seconds of sound that are not here any more, and that the server does not have as far as is known. */
  lostSeconds(): number {
    return this.lost + Math.max(0, this.start - this.received) / this.rate;
  }

  private placeOf(seconds: number): number {
    return (seconds - (this.base ?? 0)) * this.rate;
  }

  /** Has what follows `place` sent next; a piece of which a part was heard, without that part. */
  private rewind(place: number): void {
    const tolerance = kTolerance * this.rate;
    this.cursor = 0;
    this.sentEnd = this.start;
    let at = this.start;
    for (let i = 0; i < this.kept.length; ++i) {
      const entry = this.kept[i];
      if (typeof entry !== "object") continue;
      const heard = Math.round(place - at);
      if (heard <= tolerance) break;
      if (heard < entry.length - tolerance) {
        this.kept.splice(i, 1, entry.subarray(0, heard), entry.subarray(heard));
      }
      const length = samples(this.kept[i]);
      at += length;
      this.cursor = i + 1;
      this.sentEnd = at;
    }
  }

  private drop(entries: number): void {
    this.kept.splice(0, entries);
    this.cursor = Math.max(0, this.cursor - entries);
  }

  private dropOldest(): void {
    const oldest = this.kept.findIndex((entry) => typeof entry !== "string");
    const length = samples(this.kept[oldest]);
    this.start += length;
    if (oldest < this.cursor) return this.drop(oldest + 1);
    this.kept.splice(oldest, 1);
    this.sentEnd += length;
    // A server that is not told of the gap counts on without it.
    if (!this.connected) return;
    this.lost += length / this.rate;
    this.received += length;
    if (this.base !== undefined) this.base -= length / this.rate;
  }
}

function samples(entry: Entry | undefined): number {
  return typeof entry === "object" ? entry.length : 0;
}

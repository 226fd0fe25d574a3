// Plays pieces of speech one after the other, without a gap and without leaving any out.

/** How many pieces are handed to the sound card ahead: the one that plays and the next. */
const kAhead = 2;
/** Before the first of a run, in seconds, so that its beginning is not cut. */
const kLead = 0.05;
/** This far behind the talk is as it should be; from there on speech hurries, in seconds. */
const kBehind = 3;
const kFarBehind = 8;
const kFastest = 1.25;

/** How fast to play while the newest piece is `behind` seconds from being heard. */
export function speedFor(behind: number): number {
  const share = (behind - kBehind) / (kFarBehind - kBehind);
  return 1 + (kFastest - 1) * Math.min(1, Math.max(0, share));
}

/** 16-bit little-endian samples as the browser wants them. */
function samplesOf(pcm: ArrayBuffer): Float32Array<ArrayBuffer> {
  const view = new DataView(pcm);
  const samples = new Float32Array(pcm.byteLength >> 1);
  for (let i = 0; i < samples.length; ++i) samples[i] = view.getInt16(2 * i, true) / 32768;
  return samples;
}

export class SpeechPlayer {
  private readonly context = new AudioContext();
  private waiting: AudioBuffer[] = [];
  private readonly playing = new Set<AudioBufferSourceNode>();
  /** When what was handed over ends, on the context's clock. */
  private free = 0;

  /**
   * Browsers let sound begin only while they handle a touch or a key: make it there.
   *
   * @param onPlaying hears whether something plays, whenever that changes
   */
  constructor(private readonly onPlaying: (playing: boolean) => void) {
    this.wake();
  }

  /** Appends a piece: `pcm` is 16-bit little-endian mono at `rate` samples a second. */
  add(pcm: ArrayBuffer, rate: number): void {
    const samples = samplesOf(pcm);
    if (samples.length === 0) return;
    const buffer = this.context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    this.waiting.push(buffer);
    // A telephone call may have stopped it.
    if (this.context.state !== "running") this.wake();
    this.handOver();
  }

  /** Forgets everything that was not heard yet, and is silent at once; `onPlaying` is not told. */
  clear(): void {
    this.waiting = [];
    this.free = 0;
    for (const source of this.playing) {
      source.onended = null;
      source.stop();
    }
    this.playing.clear();
  }

  /** For good. */
  close(): void {
    this.clear();
    void this.context.close();
  }

  /** A browser that refuses is asked again with the next piece. */
  private wake(): void {
    this.context.resume().catch(() => {});
  }

  private handOver(): void {
    while (this.playing.size < kAhead) {
      const speed = speedFor(this.behind());
      const buffer = this.waiting.shift();
      if (buffer === undefined) return;
      const source = this.context.createBufferSource();
      source.buffer = buffer;
      source.playbackRate.value = speed;
      source.connect(this.context.destination);
      source.onended = () => this.ended(source);
      const at = Math.max(this.free, this.context.currentTime + kLead);
      source.start(at);
      this.free = at + buffer.duration / speed;
      this.playing.add(source);
      if (this.playing.size === 1) this.onPlaying(true);
    }
  }

  private ended(source: AudioBufferSourceNode): void {
    this.playing.delete(source);
    this.handOver();
    if (this.playing.size === 0) this.onPlaying(false);
  }

  /** Seconds until the newest piece is heard. */
  private behind(): number {
    const before = this.waiting.slice(0, -1).reduce((sum, buffer) => sum + buffer.duration, 0);
    return Math.max(0, this.free - this.context.currentTime) + before;
  }
}

// The audio socket that comes back: what was recorded meanwhile follows, nothing twice.

import { getSession } from "../common/api";
import { retryDelay } from "../common/connection";
import { Outbox } from "./outbox";
import { audioAddress, parseSpeakerMessage } from "../common/speaker_api";
import type { SpeakerStatus, Talk } from "../common/speaker_api";

export type SpeakingEnd =
  /** The talk is over, and its last captions are out. */
  | { readonly kind: "ended" }
  /** The server knows no such talk (any more), or takes our token for somebody else's. */
  | { readonly kind: "gone" }
  /** Another page speaks in this talk. */
  | { readonly kind: "busy" }
  | { readonly kind: "refused"; readonly message: string };

export interface SpeakingListener {
  /** The server takes sound, for the first time or again. */
  onStarted(): void;
  onStatus(status: SpeakerStatus): void;
  /** The connection is gone, and coming back. */
  onLost(): void;
  /** It will not come back. */
  onEnding(ending: SpeakingEnd): void;
}

/** So much faster than it was spoken goes what was kept. */
const kCatchUp = 4;
/** How much may go at once after a quiet moment, in seconds of sound. */
const kBurst = 0.5;
/** How often what is kept is looked at, in milliseconds. */
const kPumpEvery = 50;
/** A browser that holds more than this for the network, in seconds of sound, is given no more. */
const kUnsent = 1;
/** A server that takes sound and says nothing for so long is gone, in milliseconds. */
const kSilence = 8_000;

const kNormal = 1000;
const kGone: readonly number[] = [4401, 4403, 4404, 4410];
const kBusy = 4409;
/** Worth another try, although they are among the refusals. */
const kPassing: readonly number[] = [4408, 4429];

const kPause = JSON.stringify({ type: "pause" });
const kResume = JSON.stringify({ type: "resume" });
const kMute = JSON.stringify({ type: "mute", on: true });
const kUnmute = JSON.stringify({ type: "mute", on: false });
const kEnd = JSON.stringify({ type: "end" });

export class SpeakConnection {
  private readonly outbox: Outbox;
  private socket: WebSocket | undefined;
  private timer: number | undefined;
  private readonly pumping: number;
  private attempt = 0;
  private started = false;
  private everStarted = false;
  private closed = false;
  private paused = false;
  private muted = false;
  /** Recorded in the moment between "pause" and the recorder's standing still: for afterwards. */
  private held: Int16Array[] = [];
  /** How many samples may go now. */
  private credit = 0;
  private creditedAt = 0;
  private heardAt = 0;
  private sentAt = 0;
  private refusal = "";
  private readonly hurry = (): void => this.tryNow();
  private readonly drop = (): void => this.lose();

  /** @param rate of the sound, in samples a second */
  constructor(
    private readonly talk: Talk,
    rate: number,
    private readonly listener: SpeakingListener,
  ) {
    this.outbox = new Outbox(rate);
    this.pumping = setInterval(() => this.pump(), kPumpEvery);
    addEventListener("online", this.hurry);
    addEventListener("offline", this.drop);
    void this.connect();
  }

  /** For good; the listener hears nothing more. */
  close(): void {
    this.closed = true;
    removeEventListener("online", this.hurry);
    removeEventListener("offline", this.drop);
    clearInterval(this.pumping);
    clearTimeout(this.timer);
    this.forgetSocket();
  }

  send(samples: Int16Array): void {
    if (this.paused) {
      this.held.push(samples);
      return;
    }
    this.outbox.push(samples);
    this.pump();
  }

  pause(): void {
    this.paused = true;
    this.say(kPause);
  }

  resume(): void {
    this.paused = false;
    this.say(kResume);
    for (const samples of this.held.splice(0)) this.send(samples);
  }

  mute(on: boolean): void {
    this.muted = on;
    this.say(on ? kMute : kUnmute);
  }

  /** After what was recorded so far. The listener hears `onEnding` when the last captions are out. */
  end(): void {
    if (this.paused) this.resume();
    this.say(kEnd);
  }

  /** Seconds of sound that wait: all that is kept while there is no connection. */
  waitingSeconds(): number {
    return this.started ? this.outbox.waitingSeconds() : this.outbox.keptSeconds();
  }

  lostSeconds(): number {
    return this.outbox.lostSeconds();
  }

  private say(control: string): void {
    this.outbox.push(control);
    this.pump();
  }

  private async connect(): Promise<void> {
    this.timer = undefined;
    const session = await Promise.race([getSession(this.talk.id), patience()]);
    if (this.closed || this.socket !== undefined || this.timer !== undefined) return;
    if (session === "unreachable") return this.lose();
    if (session === "unknown") return this.finish({ kind: "gone" });
    if (session.state === "ended") return this.finish({ kind: "ended" });
    const socket = new WebSocket(audioAddress(this.talk.id));
    this.socket = socket;
    // Until it says "started", an answer is owed.
    this.heardAt = performance.now();
    this.sentAt = Infinity;
    socket.onopen = () => {
      const { token } = this.talk;
      socket.send(JSON.stringify({ type: "start", token, sample_rate: this.outbox.rate }));
    };
    socket.onmessage = (event: MessageEvent<unknown>) => this.receive(event.data);
    socket.onclose = (event) => this.onClose(event.code);
  }

  private receive(frame: unknown): void {
    this.heardAt = performance.now();
    const message = parseSpeakerMessage(frame);
    if (message === undefined) return;
    if (message.type === "error") {
      this.refusal = message.error.message;
    } else if (message.type === "started") {
      this.onStarted(message.received);
    } else {
      const { received, dropped } = message.status;
      this.attempt = 0;
      this.outbox.acknowledge(received + dropped);
      this.listener.onStatus(message.status);
    }
  }

  private onStarted(received: number | undefined): void {
    this.outbox.returned(received);
    this.restate();
    this.started = this.everStarted = true;
    this.sentAt = 0;
    this.credit = 0;
    this.creditedAt = performance.now();
    this.listener.onStarted();
    this.pump();
  }

  /** A new connection knows nothing of what was said on the one before. */
  private restate(): void {
    const controls = this.outbox.controls();
    const pausing = controls.find((control) => control === kPause || control === kResume);
    const muting = controls.find((control) => control === kMute || control === kUnmute);
    if (pausing === undefined ? this.paused : pausing === kResume) this.socket?.send(kPause);
    if (muting === undefined ? this.muted : muting === kUnmute) this.socket?.send(kMute);
  }

  private pump(): void {
    const { socket, outbox } = this;
    const now = performance.now();
    if (socket !== undefined && this.sentAt > this.heardAt && now - this.heardAt > kSilence) {
      return this.lose();
    }
    if (socket === undefined || !this.started) return;
    const { rate } = outbox;
    this.credit += ((now - this.creditedAt) / 1000) * kCatchUp * rate;
    this.credit = Math.min(this.credit, kBurst * rate);
    this.creditedAt = now;
    for (let entry = outbox.next(); entry !== undefined; entry = outbox.next()) {
      const length = typeof entry === "string" ? 0 : entry.length;
      if (length > this.credit || socket.bufferedAmount > kUnsent * rate * 2) return;
      socket.send(entry);
      outbox.sent();
      this.credit -= length;
      this.sentAt = now;
    }
  }

  private onClose(code: number): void {
    const { refusal } = this;
    if (code === kNormal) return this.finish({ kind: "ended" });
    if (kGone.includes(code)) return this.finish({ kind: "gone" });
    // The server may not have noticed yet that our own connection is gone.
    if (code === kBusy && !this.everStarted) return this.finish({ kind: "busy" });
    if (code >= 4400 && code < 4500 && code !== kBusy && !kPassing.includes(code)) {
      return this.finish({ kind: "refused", message: refusal });
    }
    this.lose();
  }

  private finish(ending: SpeakingEnd): void {
    this.close();
    this.listener.onEnding(ending);
  }

  private lose(): void {
    this.forgetSocket();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.connect(), retryDelay(this.attempt++, Math.random()));
    this.listener.onLost();
  }

  private tryNow(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    void this.connect();
  }

  private forgetSocket(): void {
    this.started = false;
    if (this.socket === undefined) return;
    this.socket.onopen = null;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
    this.socket = undefined;
  }
}

/** A network that has gone silently keeps a request waiting for minutes. */
function patience(): Promise<"unreachable"> {
  return new Promise((resolve) => setTimeout(() => resolve("unreachable"), kSilence));
}

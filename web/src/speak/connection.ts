// The audio socket that comes back: what was recorded meanwhile follows, nothing twice; and what a
// server that was killed had heard, but not settled, once more.

import { getSession } from "../common/api";
import type { Session } from "../common/api";
import { ReconnectingSocket } from "../common/reconnecting_socket";
import { audioAddress, parseSpeakerMessage } from "../common/speaker_api";
import type { SpeakerStatus, Talk } from "../common/speaker_api";
import { Outbox } from "./outbox";

export type SpeakingEnd =
  /** The talk is over, and its last captions are out. */
  | { readonly kind: "ended" }
  /** The server knows no such talk (any more), or takes our token for somebody else's. */
  | { readonly kind: "gone" }
  /** Another page speaks in this talk now: it has taken over. */
  | { readonly kind: "busy" }
  | { readonly kind: "refused"; readonly message: string };

export interface SpeakingListener {
  /** The server takes sound, for the first time or again. */
  onStarted(): void;
  onStatus(status: SpeakerStatus): void;
  /** The connection is gone, and coming back. `full`: no recogniser was free for this talk. */
  onLost(full: boolean): void;
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
const kFull = 4429;
/** Worth another try, although they are among the refusals. */
const kPassing: readonly number[] = [4408, kFull];

const kPause = JSON.stringify({ type: "pause" });
const kResume = JSON.stringify({ type: "resume" });
const kMute = JSON.stringify({ type: "mute", on: true });
const kUnmute = JSON.stringify({ type: "mute", on: false });
const kEnd = JSON.stringify({ type: "end" });

export class SpeakConnection {
  private readonly outbox: Outbox;
  private readonly socket: ReconnectingSocket;
  private readonly pumping: number;
  private started = false;
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
  /** The last connection found no recogniser free. */
  private full = false;
  /** Seconds of sound that the server has. */
  private taken = 0;

  /** @param rate of the sound, in samples a second */
  constructor(
    private readonly talk: Talk,
    rate: number,
    private readonly listener: SpeakingListener,
  ) {
    this.outbox = new Outbox(rate);
    this.socket = new ReconnectingSocket({
      look: () => Promise.race([getSession(talk.id), patience()]),
      address: (session) => this.address(session),
      onOpen: (socket) =>
        socket.send(JSON.stringify({
          type: "start", token: talk.token, sample_rate: rate, from_seconds: this.outbox.fromSeconds(),
        })),
      onMessage: (data) => this.receive(data),
      onClose: (code) => this.onClose(code),
      onLost: () => {
        this.started = false;
        this.outbox.away();
        listener.onLost(this.full);
      },
    });
    this.pumping = setInterval(() => this.pump(), kPumpEvery);
    this.socket.open();
  }

  /** For good; the listener hears nothing more. */
  close(): void {
    clearInterval(this.pumping);
    this.started = false;
    this.socket.close();
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

  private address(session: Session | "unknown"): string | undefined {
    if (session === "unknown") return this.finish({ kind: "gone" });
    if (session.state === "ended") return this.finish({ kind: "ended" });
    // Until it says "started", an answer is owed.
    this.heardAt = performance.now();
    this.sentAt = Infinity;
    return audioAddress(this.talk.id);
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
      const { received, dropped, settled } = message.status;
      // A connection is good once sound is taken on it: where none is, each try waits longer.
      if (received + dropped > this.taken) {
        this.full = false;
        this.socket.good();
      }
      this.taken = received + dropped;
      this.outbox.acknowledge(received + dropped, settled);
      this.listener.onStatus(message.status);
    }
  }

  private onStarted(received: number | undefined): void {
    this.outbox.returned(received);
    this.restate();
    this.started = true;
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
    if (pausing === undefined ? this.paused : pausing === kResume) this.socket.current?.send(kPause);
    if (muting === undefined ? this.muted : muting === kUnmute) this.socket.current?.send(kMute);
  }

  private pump(): void {
    const { outbox } = this;
    const socket = this.socket.current;
    const now = performance.now();
    if (socket !== undefined && this.sentAt > this.heardAt && now - this.heardAt > kSilence) {
      return this.socket.lose();
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
    if (code === kNormal) this.finish({ kind: "ended" });
    else if (kGone.includes(code)) this.finish({ kind: "gone" });
    // Who has the token takes over at once. Two pages that came back would do so for ever.
    else if (code === kBusy) this.finish({ kind: "busy" });
    else if (code >= 4400 && code < 4500 && !kPassing.includes(code)) {
      this.finish({ kind: "refused", message: this.refusal });
    } else {
      this.full = code === kFull;
      this.socket.lose();
    }
  }

  private finish(ending: SpeakingEnd): undefined {
    this.close();
    this.listener.onEnding(ending);
  }
}

/** A network that has gone silently keeps a request waiting for minutes. */
function patience(): Promise<"unreachable"> {
  return new Promise((resolve) => setTimeout(() => resolve("unreachable"), kSilence));
}

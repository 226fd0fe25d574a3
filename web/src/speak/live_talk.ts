// A talk while it goes on: from the recorder to the server, and what the speaker sees of it.

import { clockText } from "./clock";
import { byId, make, setText } from "../common/dom";
import { Invitation } from "./invitation";
import type { KeptTalk } from "./kept_talk";
import { nativeName } from "../common/language";
import { levelOf, LevelWatch } from "./level";
import { LevelMeter } from "./level_meter";
import { liveNotes } from "./live_notes";
import { ModeBadge } from "./mode_badge";
import { Notes } from "./notes";
import { Preview } from "./preview";
import type { Recorder } from "./recorder";
import { endTalk } from "../common/speaker_api";
import type { SpeakerStatus } from "../common/speaker_api";
import { SpeakConnection } from "./connection";
import type { SpeakingEnd } from "./connection";
import type { SpeakStrings } from "./strings";
import { fill } from "../common/strings";
import { WakeLock } from "./wake_lock";

type State = "connecting" | "live" | "paused" | "muted" | "reconnecting" | "ending";

const kIcons: Readonly<Record<State, string>> = {
  connecting: "…", live: "●", paused: "‖", muted: "○", reconnecting: "↻", ending: "…",
};

/** How often the time and what waits are shown anew, in milliseconds. */
const kShowEvery = 250;

/** The parts of the page that outlive a talk. */
export class LiveParts {
  readonly invitation: Invitation;
  readonly badge: ModeBadge;
  readonly preview: Preview;
  readonly meter: LevelMeter;
  readonly notes = new Notes(byId("notes", HTMLElement));
  readonly wakeLock = new WakeLock();
  readonly stateLine = byId("state", HTMLElement);
  readonly stateIcon = byId("state-icon", HTMLElement);
  readonly stateText = byId("state-text", HTMLElement);
  readonly time = byId("time", HTMLElement);
  readonly source = byId("source", HTMLElement);
  readonly listeners = byId("listeners", HTMLElement);
  readonly listenerLanguages = byId("listener-languages", HTMLElement);
  readonly pause = byId("pause", HTMLButtonElement);
  readonly pauseText = byId("pause-text", HTMLElement);
  readonly mute = byId("mute", HTMLButtonElement);
  readonly muteText = byId("mute-text", HTMLElement);
  readonly end = byId("end", HTMLButtonElement);
  readonly dialog = byId("end-dialog", HTMLDialogElement);

  constructor(readonly strings: SpeakStrings) {
    this.invitation = new Invitation(strings);
    this.badge = new ModeBadge(strings);
    this.preview = new Preview(strings);
    this.meter = new LevelMeter(byId("meter", HTMLElement), strings);
    byId("end-no", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
  }
}

export class LiveTalk {
  private readonly connection: SpeakConnection;
  private readonly watch = new LevelWatch();
  private readonly timer: number;
  private readonly handlers = new AbortController();
  private status: SpeakerStatus | undefined;
  private connected = false;
  private lost = false;
  private full = false;
  private catchingUp = false;
  private paused = false;
  private muted = false;
  private microphoneGone = false;
  private ending = false;

  /**
   * @param fileName of the recording that is played; undefined for a microphone
   * @param onEnd hears how it ended; the recorder is stopped by then
   */
  constructor(
    private readonly parts: LiveParts,
    private readonly talk: KeptTalk,
    private readonly recorder: Recorder,
    private readonly fileName: string | undefined,
    private readonly onEnd: (ending: SpeakingEnd) => void,
  ) {
    this.connection = new SpeakConnection(talk, recorder.rate, {
      onStarted: () => this.onStarted(),
      onStatus: (status) => this.onStatus(status),
      onLost: (full) => this.onLost(full),
      onEnding: (ending) => this.finish(ending),
    });
    this.timer = setInterval(() => this.show(), kShowEvery);
    parts.invitation.show(talk.id);
    parts.preview.open(talk);
    parts.wakeLock.keep(true);
    this.listenToControls();
    this.showListeners();
    recorder.record({
      onPiece: (samples) => this.onPiece(samples),
      onGone: () => this.setMicrophoneGone(true),
      onFinished: () => void this.end(),
    });
    this.show();
  }

  private listenToControls(): void {
    const { parts } = this;
    const { signal } = this.handlers;
    const on = (button: HTMLElement, act: () => void): void =>
      button.addEventListener("click", act, { signal });
    on(parts.pause, () => void this.pause(!this.paused));
    on(parts.mute, () => this.mute(!this.muted));
    on(parts.end, () => parts.dialog.showModal());
    on(byId("end-yes", HTMLButtonElement), () => void this.end());
    addEventListener("beforeunload", (event) => event.preventDefault(), { signal });
  }

  private onPiece(samples: Int16Array): void {
    if (this.muted) samples.fill(0);
    const level = levelOf(samples, this.recorder.rate);
    this.connection.send(samples);
    if (this.paused || this.muted || this.ending) return;
    this.parts.meter.show(level);
    this.watch.hear(level);
  }

  private onStarted(): void {
    this.connected = true;
    this.catchingUp = this.lost;
    this.lost = false;
    this.show();
  }

  private onLost(full: boolean): void {
    this.connected = false;
    this.lost = true;
    this.full = full;
    this.show();
  }

  private onStatus(status: SpeakerStatus): void {
    this.status = status;
    if (status.mode !== undefined) this.parts.badge.show(status.mode);
    this.showListeners();
    this.show();
  }

  private async pause(on: boolean): Promise<void> {
    this.paused = on;
    this.watch.forget();
    if (on) {
      this.parts.meter.rest();
      this.show();
      await this.recorder.pause();
      this.connection.pause();
    } else {
      this.connection.resume();
      this.show();
      await this.recorder.resume();
    }
  }

  private mute(on: boolean): void {
    this.muted = on;
    this.connection.mute(on);
    this.watch.forget();
    this.parts.meter.rest();
    this.show();
  }

  private setMicrophoneGone(gone: boolean): void {
    this.microphoneGone = gone;
    this.watch.forget();
    this.parts.meter.rest();
    this.show();
  }

  private async useMicrophoneAgain(): Promise<void> {
    try {
      await this.recorder.replaceMicrophone();
      this.setMicrophoneGone(false);
    } catch {
      // It is not there yet; the note and its button stay.
    }
  }

  /** After everything that was said so far. */
  private async end(): Promise<void> {
    this.parts.dialog.close();
    if (this.ending) return;
    this.ending = true;
    this.parts.meter.rest();
    this.show();
    await this.recorder.stop();
    this.connection.end();
  }

  /** Without what waits for the connection. */
  private async endNow(): Promise<void> {
    await endTalk(this.talk);
    this.connection.close();
    this.finish({ kind: "ended" });
  }

  private finish(ending: SpeakingEnd): void {
    const { parts } = this;
    this.handlers.abort();
    clearInterval(this.timer);
    parts.dialog.close();
    parts.preview.close();
    parts.wakeLock.keep(false);
    parts.notes.set([]);
    parts.stateLine.hidden = parts.time.hidden = true;
    if (!this.ending) void this.recorder.stop();
    this.onEnd(ending);
  }

  private state(): State {
    if (this.ending) return "ending";
    if (!this.connected) return this.lost ? "reconnecting" : "connecting";
    if (this.paused) return "paused";
    return this.muted ? "muted" : "live";
  }

  private show(): void {
    const { parts, connection } = this;
    const { strings } = parts;
    const state = this.state();
    document.body.dataset["state"] = parts.stateLine.dataset["state"] = state;
    parts.stateLine.hidden = parts.time.hidden = false;
    setText(parts.stateIcon, kIcons[state]);
    setText(parts.stateText, strings[state]);
    setText(parts.time, clockText(Date.now() - this.talk.began));
    setText(parts.source, this.sourceText());
    setText(parts.pauseText, this.paused ? strings.resume : strings.pause);
    setText(parts.muteText, this.muted ? strings.unmute : strings.mute);
    parts.pause.dataset["on"] = String(!this.paused);
    parts.mute.dataset["on"] = String(!this.muted);
    parts.pause.disabled = parts.mute.disabled = parts.end.disabled = this.ending;
    if (this.catchingUp && connection.waitingSeconds() < 0.5) this.catchingUp = false;
    parts.notes.set(liveNotes(strings, {
      lost: this.lost,
      full: this.full,
      catchingUp: this.catchingUp,
      ending: this.ending,
      waiting: connection.waitingSeconds(),
      lostSeconds: connection.lostSeconds(),
      microphoneGone: this.microphoneGone,
      heard: !this.paused && !this.muted && !this.ending && !this.microphoneGone,
      complaint: this.watch.complaint(),
      status: this.connected ? this.status : undefined,
      useMicrophone: () => void this.useMicrophoneAgain(),
      endNow: () => void this.endNow(),
    }));
  }

  private sourceText(): string {
    const { strings } = this.parts;
    if (this.fileName !== undefined) return fill(strings.playing, this.fileName);
    const name = this.recorder.microphone;
    return name === "" ? "" : fill(strings.microphone, name);
  }

  private showListeners(): void {
    const { strings, preview, listeners, listenerLanguages } = this.parts;
    const counts = new Map(this.status?.listeners ?? []);
    // The preview is a listener for the server; not for the speaker.
    const own = preview.countedIn();
    if (own !== undefined) counts.set(own, (counts.get(own) ?? 0) - 1);
    const present = [...counts].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
    const total = present.reduce((sum, [, count]) => sum + count, 0);
    const words = total === 0 ? strings.nobody : total === 1 ? strings.oneListener : fill(strings.listeners, String(total));
    setText(listeners, words);
    listenerLanguages.replaceChildren(...present.map(([lang, count]) => {
      const item = make("li");
      item.textContent = `${nativeName(lang)} ${count}`;
      return item;
    }));
  }
}

// The button that turns speech on and off, and the line that says what it does.

import { setText } from "../common/dom";
import { nameButton, showIcon } from "../common/icons";
import { nativeName } from "../common/language";
import { SpeechListener } from "./speech";
import type { SpeechState } from "./speech";
import { fill } from "../common/strings";
import type { Strings } from "./strings";
import type { Toast } from "./toast";

export class SoundSwitch {
  private readonly speech: SpeechListener;
  private state: SpeechState = "off";
  private lang = "";
  private voice = "";
  /** Why it cannot be turned on, empty when it can. */
  private obstacle = "";

  /** @param line shown while speech is on */
  constructor(
    id: string,
    private readonly button: HTMLButtonElement,
    private readonly line: HTMLElement,
    private readonly toast: Toast,
    private strings: Strings,
  ) {
    this.speech = new SpeechListener(id, (state) => this.onState(state), (ending) => {
      const { endedLong, notFoundLong } = this.strings;
      toast.say(ending === "ended" ? endedLong : ending === "unknown" ? notFoundLong : this.none());
    });
    button.addEventListener("click", () => this.toggle());
  }

  /** The language that is followed, whether the talk can be heard in it, and who speaks it; goes on in it if on. */
  follow(lang: string, offered: boolean, voice: string, strings: Strings): void {
    this.lang = lang;
    this.voice = voice;
    this.strings = strings;
    this.obstacle = offered ? "" : this.none();
    if (offered) {
      this.speech.changeLanguage(lang);
    } else if (this.speech.isOn()) {
      this.speech.stop();
      this.toast.say(this.obstacle);
    }
    this.show();
  }

  /** The talk is over: nothing more will be said. What is left is still heard. */
  end(): void {
    this.obstacle = this.strings.endedLong;
    this.show();
  }

  private none(): string {
    return fill(this.strings.soundNone, nativeName(this.lang));
  }

  private toggle(): void {
    if (this.speech.isOn()) return this.speech.stop();
    if (this.obstacle !== "") return this.toast.say(this.obstacle);
    try {
      this.speech.start(this.lang);
    } catch {
      this.toast.say(this.strings.soundImpossible);
    }
  }

  private onState(state: SpeechState): void {
    this.state = state;
    this.show();
  }

  /** A button that cannot be used says why, so it can still be reached. */
  private show(): void {
    const on = this.state !== "off";
    const { sound, soundConnecting, soundWaiting, soundPlaying } = this.strings;
    const words = { off: "", connecting: soundConnecting, waiting: soundWaiting, playing: soundPlaying };
    const blocked = this.obstacle !== "" && !on;
    this.button.setAttribute("aria-pressed", String(on));
    this.button.setAttribute("aria-disabled", String(blocked));
    nameButton(this.button, blocked ? `${sound}: ${this.obstacle}` : sound);
    showIcon(this.button, on ? "sound" : "silence");
    this.line.dataset["state"] = this.state;
    this.line.hidden = !on;
    const named = this.state === "playing" && this.voice !== "";
    setText(this.line, named ? `${words.playing} · ${this.voice}` : words[this.state]);
  }
}

// The talk's speech in one language, from the socket to the loudspeaker.

import type { Message, Speech } from "../common/api";
import { SessionConnection } from "../common/connection";
import type { Ending } from "../common/connection";
import { SpeechPlayer } from "./speech_player";

export type SpeechState = "off" | "connecting" | "waiting" | "playing";

/** A piece whose sound is coming. */
interface Piece {
  readonly header: Speech;
  readonly sound: Uint8Array<ArrayBuffer>;
  /** Bytes that came. */
  filled: number;
}

export class SpeechListener {
  private state: SpeechState = "off";
  private lang = "";
  private player: SpeechPlayer | undefined;
  private connection: SessionConnection | undefined;
  private connected = false;
  private playing = false;
  /** The open socket was asked for another language, and has not answered. */
  private asked = false;
  private piece: Piece | undefined;

  /**
   * @param onState hears every change
   * @param onEnding hears why it went off by itself
   */
  constructor(
    private readonly id: string,
    private readonly onState: (state: SpeechState) => void,
    private readonly onEnding: (ending: Ending) => void,
  ) {}

  isOn(): boolean {
    return this.player !== undefined;
  }

  /** Call it while a touch or a key is handled. */
  start(lang: string): void {
    this.lang = lang;
    this.player = new SpeechPlayer((playing) => this.onPlaying(playing));
    this.connection = new SessionConnection(this.id, "speech", {
      onSession: () => this.lang,
      onMessage: (message) => this.onMessage(message),
      onSound: (sound) => this.onSound(sound),
      onLost: () => this.onLost(),
      onEnding: (ending) => this.onEnded(ending),
    });
    this.connection.open();
    this.update();
  }

  /** Silent at once. */
  stop(): void {
    this.connection?.close();
    this.connection = undefined;
    this.player?.close();
    this.player = undefined;
    this.silent();
  }

  /** Goes on in another language; what was not heard yet in the old one is not. */
  changeLanguage(lang: string): void {
    if (lang === this.lang || this.connection === undefined) return;
    this.lang = lang;
    this.player?.clear();
    this.asked = this.connection.changeLanguage(lang);
    this.silent();
  }

  private onMessage(message: Message): void {
    if (message.type === "error") {
      if (this.asked) this.onEnded("language");
      return;
    }
    if (message.type === "language") this.asked = false;
    if (message.type === "speech") {
      const wanted = message.lang === this.lang && message.samples > 0;
      this.piece = wanted
        ? { header: message, sound: new Uint8Array(2 * message.samples), filled: 0 } : undefined;
    }
    this.connected = !this.asked;
    this.update();
  }

  private onSound(sound: ArrayBuffer): void {
    const { piece } = this;
    if (piece === undefined) return;
    const taken = Math.min(sound.byteLength, piece.sound.length - piece.filled);
    piece.sound.set(new Uint8Array(sound, 0, taken), piece.filled);
    piece.filled += taken;
    if (piece.filled < piece.sound.length) return;
    this.piece = undefined;
    this.player?.add(piece.sound.buffer, piece.header.sampleRate);
  }

  private onPlaying(playing: boolean): void {
    this.playing = playing;
    // The talk was over, and now all of it was heard.
    if (!playing && this.connection === undefined) return this.stop();
    this.update();
  }

  /** What came plays on while the connection comes back. */
  private onLost(): void {
    this.piece = undefined;
    this.connected = false;
    this.asked = false;
    this.update();
  }

  private onEnded(ending: Ending): void {
    if (ending === "ended" && this.playing) {
      this.connection = undefined;
      return;
    }
    this.stop();
    this.onEnding(ending);
  }

  private silent(): void {
    this.piece = undefined;
    this.connected = false;
    this.playing = false;
    this.update();
  }

  private update(): void {
    const state = this.player === undefined ? "off"
      : this.playing ? "playing"
      : this.connected ? "waiting" : "connecting";
    if (this.state === state) return;
    this.state = state;
    this.onState(state);
  }
}

// What listeners see, small and live, in one of the talk's languages.

import { CaptionView } from "../common/captions";
import { SessionConnection } from "../common/connection";
import { byId, make, setText } from "../common/dom";
import { Follower } from "../common/follow";
import { fillLanguageMenu } from "../common/language_menu";
import type { SpeakStrings } from "./strings";
import type { Talk } from "../common/speaker_api";

export class Preview {
  private readonly menu = byId("preview-language", HTMLSelectElement);
  private readonly paper = byId("preview-paper", HTMLElement);
  private readonly empty = byId("preview-empty", HTMLElement);
  private readonly follower = new Follower(byId("preview-box", HTMLElement), () => {});
  private connection: SessionConnection | undefined;
  private talk: Talk | undefined;
  private connected = false;

  constructor(private readonly strings: SpeakStrings) {
    this.menu.addEventListener("change", () => this.connect());
  }

  open(talk: Talk): void {
    this.talk = talk;
    const languages = [...new Set([...talk.targets, talk.language])];
    fillLanguageMenu(this.menu, languages);
    this.connect();
  }

  close(): void {
    this.connection?.close();
    this.connected = false;
  }

  /** The language in which the server counts this preview as a listener. */
  countedIn(): string | undefined {
    return this.connected ? this.menu.value : undefined;
  }

  private connect(): void {
    const { talk } = this;
    if (talk === undefined) return;
    this.close();
    this.paper.replaceChildren();
    this.showEmpty();
    // Nothing is announced: the speaker knows what is said.
    const view = new CaptionView(this.paper, make("div"), talk.language, this.strings.untranslated);
    this.connection = new SessionConnection(talk.id, "captions", {
      onSession: () => this.menu.value,
      onMessage: (message) => {
        this.connected = true;
        if (message.type === "caption") view.apply(message);
        this.showEmpty();
        this.follower.grown();
      },
      onLost: () => (this.connected = false),
      onEnding: () => (this.connected = false),
    });
    this.connection.open();
  }

  private showEmpty(): void {
    this.empty.hidden = this.paper.childElementCount > 0;
    setText(this.empty, this.strings.previewEmpty);
  }
}

// The listener page: captions of one talk, in one language.

import type { Message, Session } from "../common/api";
import { CaptionView } from "../common/captions";
import { SessionConnection } from "../common/connection";
import type { Ending } from "../common/connection";
import { byId, fillTexts, make, setText } from "../common/dom";
import { Follower } from "../common/follow";
import { chooseLanguage, languageInAddress, nativeName, rememberLanguage } from "../common/language";
import { languagesOf, ListenerBar } from "./bar";
import { fill } from "../common/strings";
import { transcriptLinks } from "../common/transcripts";
import { stringsFor } from "./strings";
import type { Strings } from "./strings";

type State =
  | "connecting" | "reconnecting" | "waiting" | "live" | "paused" | "away" | "ended" | "notFound" | "noLanguage";

const kIcons: Readonly<Record<State, string>> = {
  connecting: "…", reconnecting: "↻", waiting: "◷", live: "●", paused: "‖", away: "◷", ended: "■",
  notFound: "⚠", noLanguage: "⚠",
};

class ListenerPage {
  private readonly status = byId("status", HTMLElement);
  private readonly statusIcon = byId("status-icon", HTMLElement);
  private readonly statusText = byId("status-text", HTMLElement);
  private readonly recording = byId("recording", HTMLElement);
  private readonly notice = byId("notice", HTMLElement);
  private readonly live = byId("back-to-live", HTMLButtonElement);
  private readonly follower = new Follower(byId("captions", HTMLElement), (following) => {
    this.live.hidden = following;
  });

  private state: State = "connecting";
  private strings: Strings = stringsFor(navigator.languages).strings;
  private session: Session | undefined;
  /** The language that captions come in. */
  private lang: string | undefined;
  /** The one they will come in, from when the reader chose it until the server answers. */
  private wished: string | undefined;
  private view: CaptionView | undefined;
  private readonly bar: ListenerBar;
  private readonly connection: SessionConnection;

  constructor(private readonly id: string) {
    this.bar = new ListenerBar(id, this.follower, (lang) => this.choose(lang), this.strings);
    this.connection = new SessionConnection(id, "captions", {
      onSession: (session) => this.onSession(session),
      onMessage: (message) => this.onMessage(message),
      onLost: () => this.show(this.view === undefined ? "connecting" : "reconnecting"),
      onEnding: (ending) => this.onEnding(ending),
    });
  }

  start(): void {
    document.title = `${this.id} · Sotto`;
    byId("code", HTMLElement).textContent = this.id;
    this.live.addEventListener("click", () => {
      this.follower.backToLive();
      byId("captions", HTMLElement).focus({ preventScroll: true });
    });
    this.speak(languageInAddress());
    this.show("connecting");
    this.connection.open();
  }

  /** Words of the page itself: in the captions' language where it is one of the page's. */
  private speak(lang: string | undefined): void {
    const wished = lang === undefined ? navigator.languages : [lang, ...navigator.languages];
    const chosen = stringsFor(wished);
    this.strings = chosen.strings;
    document.documentElement.lang = chosen.lang;
    fillTexts(chosen.strings);
    this.bar.speak(chosen.strings);
  }

  private onSession(session: Session): string {
    this.session = session;
    const lang = this.wished ?? this.lang ?? chooseLanguage(session.language, session.targets);
    this.wished = undefined;
    if (lang === this.lang) this.bar.follow(session, lang);
    else this.adopt(session, lang);
    if (this.state === "noLanguage") this.show("connecting");
    return lang;
  }

  private onMessage(message: Message): void {
    if (message.type === "status") {
      if (this.state === "reconnecting") this.view?.reconnected();
      this.show(message.state);
    } else if (message.type === "caption") {
      if (this.state === "connecting" || this.state === "reconnecting") this.show("live");
      this.view?.apply(message);
      this.refreshNotice();
      this.follower.grown();
    } else if (message.type === "language") {
      if (message.lang === this.wished) this.wished = undefined;
      if (this.session !== undefined) this.adopt(this.session, message.lang);
    } else if (message.type === "error" && this.wished !== undefined) {
      this.stay(this.wished);
    }
  }

  private onEnding(ending: Ending): void {
    if (ending === "ended") this.show("ended");
    else this.show(ending === "language" ? "noLanguage" : "notFound");
  }

  /** The reader chose a language. */
  private choose(lang: string): void {
    if (lang === "" || lang === (this.wished ?? this.lang) && this.state !== "noLanguage") return;
    this.wished = lang;
    this.connection.changeLanguage(lang);
    this.show(this.state);
  }

  /** Captions come in `lang` from here on. */
  private adopt(session: Session, lang: string): void {
    const first = this.lang === undefined;
    this.lang = lang;
    this.speak(lang);
    if (!first) {
      rememberLanguage(lang);
      const address = new URL(location.href);
      address.searchParams.set("lang", lang);
      history.replaceState(null, "", address);
    }
    this.view ??= new CaptionView(
      byId("paper", HTMLElement), byId("announcer", HTMLElement), session.language,
      this.strings.untranslated);
    this.view.changeLanguage(this.strings.untranslated);
    this.bar.follow(session, lang);
    this.show(this.state);
  }

  /** `refused` cannot be had now: the old language goes on. */
  private stay(refused: string): void {
    this.wished = undefined;
    this.bar.say(fill(this.strings.notSwitched, nativeName(refused)));
    if (this.session !== undefined && this.lang !== undefined) this.bar.follow(this.session, this.lang);
    this.show(this.state);
  }

  private show(state: State): void {
    this.state = state;
    // Without a language among those of the talk there are buttons instead.
    const talk = this.session !== undefined && state !== "notFound" && state !== "noLanguage";
    const changes = this.wished !== undefined && state !== "connecting" && state !== "reconnecting";
    document.body.dataset["state"] = state;
    this.status.dataset["state"] = state;
    setText(this.statusIcon, changes ? kIcons.connecting : kIcons[state]);
    setText(this.statusText, changes ? this.strings.switching : this.strings[state]);
    this.recording.hidden = !talk || this.session?.recording !== true || state === "ended";
    this.bar.offer(talk, talk);
    if (state === "ended") this.bar.end();
    this.refreshNotice();
    this.follower.grown();
  }

  /** What is waited for, or what happened and what to do, below the captions. */
  private refreshNotice(): void {
    const empty = this.view?.isEmpty() ?? true;
    const { state, strings } = this;
    let text = "";
    if (state === "ended") text = strings.endedLong;
    else if (state === "notFound") text = strings.notFoundLong;
    else if (state === "waiting") text = strings.waitingLong;
    else if (state === "paused") text = strings.pausedLong;
    else if (state === "away") text = strings.awayLong;
    else if (state === "live" && empty) text = strings.liveLong;
    else if (state === "noLanguage") text = fill(strings.noLanguageLong, nativeName(this.lang ?? ""));
    if (this.notice.hidden === (text === "") && this.notice.firstChild?.textContent === text) return;
    this.notice.hidden = text === "";
    const words = make("p");
    words.textContent = text;
    this.notice.replaceChildren(words);
    if (state === "ended") this.notice.append(this.transcripts());
    if (state === "noLanguage") this.notice.append(this.languageButtons());
    if (state === "notFound") this.notice.append(this.startLink());
  }

  private languageButtons(): HTMLElement {
    const row = make("p", "choices");
    const offered = this.session === undefined ? [] : languagesOf(this.session);
    for (const lang of offered.filter((each) => each !== this.lang)) {
      const button = make("button");
      button.type = "button";
      button.lang = lang;
      button.textContent = nativeName(lang);
      button.addEventListener("click", () => this.choose(lang));
      row.append(button);
    }
    return row;
  }

  private transcripts(): HTMLElement {
    const row = make("p", "choices");
    const links = this.lang === undefined ? [] : transcriptLinks(this.id, this.lang);
    row.append(`${this.strings.transcript}:`, ...links);
    return row;
  }

  private startLink(): HTMLElement {
    const row = make("p");
    const link = make("a");
    link.href = "/";
    link.textContent = this.strings.enterCode;
    row.append(link);
    return row;
  }
}

function codeInAddress(): string {
  const last = location.pathname.split("/").filter((part) => part !== "").pop() ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

new ListenerPage(codeInAddress()).start();

// The listener page: captions of one talk, in one language.

import type { Message, Session } from "./api";
import { CaptionView } from "./captions";
import { CaptionConnection } from "./connection";
import type { Ending } from "./connection";
import { byId, fillTexts, make, setText } from "./dom";
import { Follower } from "./follow";
import { chooseLanguage, languageInAddress, nativeName, rememberLanguage } from "./language";
import { fill, stringsFor } from "./strings";
import type { Strings } from "./strings";

type State = "connecting" | "reconnecting" | "waiting" | "live" | "ended" | "notFound" | "noLanguage";

const kIcons: Readonly<Record<State, string>> = {
  connecting: "…", reconnecting: "↻", waiting: "◷", live: "●", ended: "■", notFound: "⚠", noLanguage: "⚠",
};

class ListenerPage {
  private readonly status = byId("status", HTMLElement);
  private readonly statusIcon = byId("status-icon", HTMLElement);
  private readonly statusText = byId("status-text", HTMLElement);
  private readonly notice = byId("notice", HTMLElement);
  private readonly menu = byId("language", HTMLSelectElement);
  private readonly menuLabel = byId("menu", HTMLElement);
  private readonly live = byId("back-to-live", HTMLButtonElement);
  private readonly follower = new Follower(byId("captions", HTMLElement), (following) => {
    this.live.hidden = following;
  });

  private session: Session | undefined;
  private lang: string | undefined;
  private view: CaptionView | undefined;
  private connection: CaptionConnection | undefined;
  private state: State = "connecting";
  private strings: Strings = stringsFor(navigator.languages).strings;

  constructor(private readonly id: string) {}

  start(): void {
    document.title = `${this.id} · Sotto`;
    byId("code", HTMLElement).textContent = this.id;
    this.menu.addEventListener("change", () => this.changeLanguage(this.menu.value));
    this.live.addEventListener("click", () => {
      this.follower.backToLive();
      byId("captions", HTMLElement).focus({ preventScroll: true });
    });
    this.speak(languageInAddress());
    this.show("connecting");
    this.connect();
  }

  /** Words of the page itself: in the captions' language where it is one of the page's. */
  private speak(lang: string | undefined): void {
    const wished = lang === undefined ? navigator.languages : [lang, ...navigator.languages];
    const chosen = stringsFor(wished);
    this.strings = chosen.strings;
    document.documentElement.lang = chosen.lang;
    fillTexts(chosen.strings);
  }

  private connect(): void {
    this.connection?.close();
    this.connection = new CaptionConnection(this.id, {
      onSession: (session) => this.onSession(session),
      onMessage: (message) => this.onMessage(message),
      onLost: () => this.show(this.view === undefined ? "connecting" : "reconnecting"),
      onEnding: (ending) => this.onEnding(ending),
    });
    this.connection.open();
  }

  private onSession(session: Session): string {
    this.session = session;
    if (this.lang !== undefined) return this.lang;
    this.lang = chooseLanguage(session.language, session.targets);
    this.speak(this.lang);
    this.view = new CaptionView(
      byId("paper", HTMLElement), byId("announcer", HTMLElement), session.language,
      this.strings.untranslated);
    this.fillMenu();
    this.show("connecting");
    return this.lang;
  }

  private onMessage(message: Message): void {
    if (message.type === "status") {
      this.show(message.state);
    } else if (message.type === "caption") {
      if (this.state === "connecting" || this.state === "reconnecting") this.show("live");
      this.view?.apply(message);
      this.refreshNotice();
      this.follower.grown();
    }
  }

  private onEnding(ending: Ending): void {
    if (ending === "ended") this.show("ended");
    else this.show(ending === "language" ? "noLanguage" : "notFound");
  }

  private changeLanguage(lang: string): void {
    if (lang === "" || lang === this.lang && this.state !== "noLanguage") return;
    this.lang = lang;
    rememberLanguage(lang);
    const address = new URL(location.href);
    address.searchParams.set("lang", lang);
    history.replaceState(null, "", address);
    this.speak(lang);
    this.view?.changeLanguage(this.strings.untranslated);
    this.fillMenu();
    this.show("connecting");
    this.connect();
  }

  private languages(): string[] {
    if (this.session === undefined) return [];
    return [...new Set([...this.session.targets, this.session.language])];
  }

  private fillMenu(): void {
    const languages = this.languages();
    const options = languages.map((lang) => {
      const option = make("option");
      option.value = lang;
      option.lang = lang;
      option.textContent = nativeName(lang);
      return option;
    });
    this.menu.replaceChildren(...options);
    this.menu.value = this.lang ?? "";
  }

  private show(state: State): void {
    this.state = state;
    document.body.dataset["state"] = state;
    this.status.dataset["state"] = state;
    setText(this.statusIcon, kIcons[state]);
    setText(this.statusText, this.strings[state]);
    // Without a language among those of the talk there are buttons instead.
    this.menuLabel.hidden = this.session === undefined || state === "noLanguage";
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
    else if (state === "live" && empty) text = strings.liveLong;
    else if (state === "noLanguage") text = fill(strings.noLanguageLong, nativeName(this.lang ?? ""));
    if (this.notice.hidden === (text === "") && this.notice.firstChild?.textContent === text) return;
    this.notice.hidden = text === "";
    const words = make("p");
    words.textContent = text;
    this.notice.replaceChildren(words);
    if (state === "noLanguage") this.notice.append(this.languageButtons());
    if (state === "notFound") this.notice.append(this.startLink());
  }

  private languageButtons(): HTMLElement {
    const row = make("p", "choices");
    for (const lang of this.languages().filter((offered) => offered !== this.lang)) {
      const button = make("button");
      button.type = "button";
      button.lang = lang;
      button.textContent = nativeName(lang);
      button.addEventListener("click", () => this.changeLanguage(lang));
      row.append(button);
    }
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

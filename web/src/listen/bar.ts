// The bar of the listener page: the language, and what else a reader may want.

import type { Session } from "../common/api";
import { byId } from "../common/dom";
import { disclosure } from "./disclosure";
import { feedback } from "./feedback";
import type { Follower } from "../common/follow";
import { nameButton, showIcon } from "../common/icons";
import type { Icon } from "../common/icons";
import { fillLanguageMenu } from "../common/language_menu";
import { originalSwitch } from "./original";
import { SoundSwitch } from "./sound_switch";
import type { Strings } from "./strings";
import { textSize } from "./text_size";
import { themeSwitch } from "../common/theme";
import { Toast } from "./toast";
import { transcriptLinks } from "../common/transcripts";

/** Buttons that are a drawing, and the words that name them. */
const kButtons: readonly (readonly [string, Icon, keyof Strings])[] = [
  ["more", "more", "more"],
  ["original", "original", "original"],
  ["transcript-open", "download", "transcript"],
  ["up", "up", "rateUp"],
  ["neutral", "neutral", "rateNeutral"],
  ["down", "down", "rateDown"],
];

const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);

/** The languages of a talk, its translations first. */
export function languagesOf(session: Session): string[] {
  return [...new Set([...session.targets, session.language])];
}

export class ListenerBar {
  private readonly menu = byId("language", HTMLSelectElement);
  private readonly toast = new Toast(byId("toast", HTMLElement));
  private readonly sound: SoundSwitch;
  private lang = "";

  /** @param onLanguage hears which language the reader chose */
  constructor(
    private readonly id: string,
    follower: Follower,
    onLanguage: (lang: string) => void,
    private strings: Strings,
  ) {
    const column = byId("column", HTMLElement);
    const change = (make: () => void): void => follower.keepPlace(make);
    this.menu.addEventListener("change", () => onLanguage(this.menu.value));
    this.sound = new SoundSwitch(
      id, button("sound"), byId("sound-line", HTMLElement), this.toast, strings);
    for (const [name, icon] of kButtons) showIcon(button(name), icon);
    textSize(column, button("smaller"), button("larger"), change);
    originalSwitch(column, button("original"), change);
    feedback(
      id, { up: button("up"), neutral: button("neutral"), down: button("down") },
      () => this.lang,
      (taken) => this.toast.say(taken ? this.strings.thanks : this.strings.rateFailed));
    themeSwitch(button("theme"));
    disclosure(button("more"), byId("tools", HTMLElement));
    disclosure(button("transcript-open"), byId("transcript", HTMLElement));
  }

  /** Names everything in the page's language. */
  speak(strings: Strings): void {
    this.strings = strings;
    for (const [name, , key] of kButtons) nameButton(button(name), strings[key]);
    nameButton(button("smaller"), strings.smaller);
    nameButton(button("larger"), strings.larger);
  }

  /** Shows what the talk offers, while captions come in `lang`. */
  follow(session: Session, lang: string): void {
    this.fillMenu(languagesOf(session), lang);
    this.sound.follow(lang, session.speech.includes(lang), session.voices.get(lang) ?? "", this.strings);
    const own = lang === session.language;
    button("original").disabled = own;
    nameButton(button("original"), own ? this.strings.originalNone : this.strings.original);
    if (lang === this.lang) return;
    this.lang = lang;
    byId("transcript", HTMLElement).replaceChildren(...transcriptLinks(this.id, lang));
  }

  /** The talk is over. */
  end(): void {
    this.sound.end();
  }

  /**
   * @param talk whether there is a talk, and what belongs to it
   * @param menu whether the language is chosen here
   */
  offer(talk: boolean, menu: boolean): void {
    byId("menu", HTMLElement).hidden = !menu;
    for (const part of document.querySelectorAll<HTMLElement>(".of-talk")) part.hidden = !talk;
  }

  say(text: string): void {
    this.toast.say(text);
  }

  /** Leaves a menu that is right alone: it may be open. */
  private fillMenu(languages: readonly string[], lang: string): void {
    const shown = [...this.menu.options].map((option) => option.value);
    if (shown.join() !== languages.join()) fillLanguageMenu(this.menu, languages);
    this.menu.value = lang;
  }
}

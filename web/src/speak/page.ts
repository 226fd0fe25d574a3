// The speaker page: from "Start" to the transcripts.

import { getSession } from "../common/api";
import { clockText } from "./clock";
import { byId, fillTexts, setText } from "../common/dom";
import { forgetTalk, keepTalk, keptTalk } from "./kept_talk";
import type { KeptTalk } from "./kept_talk";
import { LiveParts, LiveTalk } from "./live_talk";
import { canRecord, Recorder, RecordingError } from "./recorder";
import { retryDelay } from "../common/reconnecting_socket";
import { hostCode, keepHostCode, takeHostCodeOfLink } from "../common/host_code";
import { beginTalk, endTalk, getOffer } from "../common/speaker_api";
import type { SpeakingEnd } from "./connection";
import { speakStringsFor } from "./strings";
import { fillTranscripts } from "./transcripts";
import { fillSpokenMenu, rememberSpoken } from "../common/spoken_languages";
import { fill } from "../common/strings";
import { themeSwitch } from "../common/theme";

type View = "begin" | "again" | "talk" | "ended";

const kTitles: Readonly<Record<View, string>> = {
  begin: "begin-title", again: "again-title", talk: "code", ended: "ended-title",
};

const { lang, strings } = speakStringsFor(navigator.languages);

class SpeakerPage {
  private readonly parts = new LiveParts(strings);
  private readonly spoken = byId("spoken", HTMLSelectElement);
  private readonly start = byId("start", HTMLButtonElement);
  private readonly chooseFile = byId("choose-file", HTMLButtonElement);
  private readonly file = byId("file", HTMLInputElement);
  private readonly goOn = byId("go-on", HTMLButtonElement);
  private readonly endIt = byId("end-it", HTMLButtonElement);
  private readonly answer = byId("begin-answer", HTMLElement);
  private readonly hostCodePart = byId("host-code-part", HTMLElement);
  private readonly hostCode = byId("host-code", HTMLInputElement);
  private kept: KeptTalk | undefined;

  async open(): Promise<void> {
    this.start.addEventListener("click", () => void this.begin(undefined));
    this.goOn.addEventListener("click", () => void this.begin(undefined));
    this.endIt.addEventListener("click", () => void this.endKept());
    this.chooseFile.addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", () => {
      const file = this.file.files?.[0];
      this.file.value = "";
      if (file !== undefined) void this.begin(file);
    });
    byId("another", HTMLButtonElement).addEventListener("click", () => this.offerStart());
    takeHostCodeOfLink();
    this.hostCode.value = hostCode();
    this.enable(false);
    const kept = keptTalk();
    if (kept === undefined) this.offerStart();
    else await this.offerToGoOn(kept);
  }

  private offerStart(): void {
    this.kept = undefined;
    this.view("begin");
    this.say("", "ready");
    if (canRecord()) void this.loadLanguages(0);
    else this.fail(strings.insecure);
  }

  /** Until the server says what can be spoken, nothing can be started. */
  private async loadLanguages(attempt: number): Promise<void> {
    if (this.spoken.length === 0) {
      const offer = await getOffer();
      if (offer === "unreachable" || offer.languages.length === 0) {
        this.fail(strings.unreachableTrying);
        setTimeout(() => void this.loadLanguages(attempt + 1), retryDelay(attempt, Math.random()));
        return;
      }
      fillSpokenMenu(this.spoken, offer.languages);
      this.hostCodePart.hidden = offer.start !== "code";
      this.say("", "ready");
    }
    this.enable(true);
  }

  private async offerToGoOn(kept: KeptTalk): Promise<void> {
    this.say(fill(strings.looking, kept.id), "loading");
    const session = await getSession(kept.id);
    if (session !== "unreachable" && session !== "unknown" && session.state === "ended") {
      return this.showEnded(kept);
    }
    if (session === "unknown") {
      forgetTalk();
      this.offerStart();
      return;
    }
    this.again(kept, session === "unreachable" ? strings.unreachable : "");
  }

  private again(kept: KeptTalk, problem: string): void {
    this.kept = kept;
    this.view("again");
    setText(this.goOn, fill(strings.goOn, kept.id));
    this.say("", "again");
    if (!canRecord()) problem = strings.insecure;
    if (problem !== "") this.fail(problem);
    this.enable(true);
    this.goOn.disabled = !canRecord();
  }

  private async begin(file: File | undefined): Promise<void> {
    this.enable(false);
    if (file === undefined) this.say(strings.asking, "asking");
    else this.say(fill(strings.reading, file.name), "reading");
    let recorder: Recorder;
    try {
      recorder = await (file === undefined ? Recorder.microphone() : Recorder.file(file));
    } catch (error) {
      this.enable(true);
      return this.fail(problemText(error, file?.name ?? ""));
    }
    this.say(strings.starting, "starting");
    const talk = this.kept ?? await this.newTalk();
    this.enable(true);
    if (talk === undefined) return void recorder.stop();
    this.say("", "connecting");
    this.view("talk");
    document.title = `${talk.id} · Sotto`;
    new LiveTalk(this.parts, talk, recorder, file?.name, (ending) => this.onEnd(talk, ending));
  }

  private async newTalk(): Promise<KeptTalk | undefined> {
    keepHostCode(this.hostCode.value);
    const begun = await beginTalk(this.spoken.value, hostCode());
    if (begun.kind !== "talk") {
      if (begun.kind === "code") {
        this.hostCodePart.hidden = false;
        this.fail(strings.hostCodeWrong);
        this.hostCode.focus();
        return undefined;
      }
      if (begun.kind === "full") this.fail(strings.full);
      else if (begun.kind === "refused") this.fail(fill(strings.serverRefused, begun.message));
      else this.fail(strings.unreachable);
      return undefined;
    }
    rememberSpoken(this.spoken.value);
    const talk = { ...begun.talk, began: Date.now() };
    keepTalk(talk);
    if (begun.mode !== undefined) this.parts.badge.show(begun.mode);
    return talk;
  }

  private onEnd(talk: KeptTalk, ending: SpeakingEnd): void {
    if (ending.kind === "ended") return this.showEnded(talk);
    if (ending.kind === "busy") return this.again(talk, strings.busy);
    forgetTalk();
    this.offerStart();
    if (ending.kind === "gone") return this.fail(strings.gone);
    void endTalk(talk);
    this.fail(fill(strings.serverRefused, ending.message));
  }

  private async endKept(): Promise<void> {
    const { kept } = this;
    if (kept === undefined) return;
    this.enable(false);
    const ended = await endTalk(kept);
    this.enable(true);
    if (ended) this.showEnded(kept);
    else this.fail(strings.unreachable);
  }

  private showEnded(talk: KeptTalk): void {
    forgetTalk();
    const hint = fill(fill(strings.endedHint, talk.id), clockText(Date.now() - talk.began));
    setText(byId("ended-hint", HTMLElement), hint);
    fillTranscripts(byId("transcripts", HTMLElement), talk);
    this.view("ended");
    this.say("", "ended");
  }

  private enable(on: boolean): void {
    for (const control of [this.start, this.chooseFile, this.spoken, this.goOn, this.endIt]) {
      control.disabled = !on;
    }
  }

  private view(shown: View): void {
    for (const name of Object.keys(kTitles)) byId(name, HTMLElement).hidden = name !== shown;
    document.title = "Sotto";
    byId(kTitles[shown], HTMLElement).focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  private say(text: string, state: string): void {
    document.body.dataset["state"] = state;
    this.answer.classList.remove("error");
    setText(this.answer, text);
  }

  private fail(text: string): void {
    this.say(text, "failed");
    this.answer.classList.add("error");
    this.answer.scrollIntoView({ block: "nearest" });
  }
}

function problemText(error: unknown, name: string): string {
  if (!(error instanceof RecordingError)) return strings.unreachable;
  const { problem } = error;
  if (problem !== "fileCut") return fill(strings[problem], name);
  if (error.promised === 0) return fill(strings.fileCutHeader, name);
  return [name, error.seconds.toFixed(1), error.promised.toFixed(1)].reduce(fill, strings.fileCut);
}

document.documentElement.lang = lang;
fillTexts(strings);
for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
  const key = element.dataset["label"] as keyof typeof strings;
  element.setAttribute("aria-label", strings[key]);
}
themeSwitch(byId("theme", HTMLButtonElement));
void new SpeakerPage().open();

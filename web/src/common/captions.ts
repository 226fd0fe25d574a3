// The captions on the page: one element a segment, in paragraphs.

import type { Caption } from "./api";
import { make, setText } from "./dom";
import { beginsParagraph } from "./paragraphs";

interface Segment {
  readonly number: number;
  /** The highest sequence number applied. */
  seq: number;
  lang: string;
  end: number;
  final: boolean;
  announced: boolean;
  /** Open, of an earlier connection, and not heard of since. */
  stale: boolean;
  /** Undefined once the segment was removed: its number and seq are kept. */
  parts: Parts | undefined;
}

interface Parts {
  readonly element: HTMLElement;
  readonly mark: HTMLElement;
  readonly stable: Text;
  readonly provisional: HTMLElement;
  /** The speaker's own words, shown beside where the reader wants them. */
  readonly source: HTMLElement;
}

/**
 * A message that came late. Messages of a growing segment share a sequence number, which counts
 * what is settled; so among equals the later one wins, but nothing reopens what is final, and what
 * was read in one language is not repeated in another.
 */
function isStale(caption: Caption, segment: Segment): boolean {
  if (caption.seq !== segment.seq) return caption.seq < segment.seq;
  return segment.final && (!caption.final || caption.lang !== segment.lang);
}

/** How many announcements stay in the live region. */
const kAnnouncementsKept = 3;

export class CaptionView {
  /** In order of number. */
  private readonly segments: Segment[] = [];

  /**
   * @param paper holds the paragraphs
   * @param announcer a polite live region, for finals only
   * @param sourceLanguage the language of text that was not translated
   */
  constructor(
    private readonly paper: HTMLElement,
    private readonly announcer: HTMLElement,
    private readonly sourceLanguage: string,
    private untranslatedMark: string,
  ) {}

  isEmpty(): boolean {
    return this.paper.childElementCount === 0;
  }

  /** Applies one message: shows, grows, corrects or removes its segment. */
  apply(caption: Caption): void {
    const at = this.placeOf(caption.segment);
    let segment = this.segments[at];
    if (segment?.number !== caption.segment) {
      segment = {
        number: caption.segment, seq: caption.seq, lang: caption.lang, end: caption.end,
        final: false, announced: false, stale: false, parts: undefined,
      };
      this.segments.splice(at, 0, segment);
    } else if (isStale(caption, segment)) {
      return;
    }
    segment.seq = caption.seq;
    segment.lang = caption.lang;
    segment.final = caption.final;
    segment.end = caption.end;
    if (caption.text === "" && caption.provisional === "") {
      this.remove(segment);
      return;
    }
    segment.parts ??= this.insert(at, caption.start);
    this.show(segment.parts, caption, this.shownBefore(at));
    segment.stale = false;
    if (caption.final && !segment.announced) {
      segment.announced = true;
      this.announce(caption);
    }
    for (const one of this.segments) {
      if (one.stale && one.number < caption.segment) this.remove(one);
    }
  }

  /**
   * The connection is another one: what is open may belong to a server that is gone, and goes
   * unless it is heard of again before something later is.
   */
  reconnected(): void {
    for (const segment of this.segments) segment.stale = !segment.final;
  }

  /**
   * Another language follows: what is finished stays as it was read, and what is open goes, since it
   * comes again.
   */
  changeLanguage(untranslatedMark: string): void {
    this.untranslatedMark = untranslatedMark;
    for (const segment of this.segments) {
      if (!segment.final) this.remove(segment);
    }
  }

  /** Where the segment with that number is, or belongs. Nearly always at the end. */
  private placeOf(number: number): number {
    let at = this.segments.length;
    while (at > 0 && (this.segments[at - 1]?.number ?? -1) >= number) --at;
    return at;
  }

  private insert(at: number, start: number): Parts {
    const parts = this.makeParts();
    const before = this.shownBefore(at);
    const paragraph = before?.parts.element.parentElement;
    if (before === undefined || !paragraph) {
      this.paper.prepend(this.makeParagraph(parts.element));
    } else if (this.continues(paragraph, before, start)) {
      before.parts.element.after(" ", parts.element);
    } else {
      paragraph.after(this.makeParagraph(parts.element));
    }
    return parts;
  }

  private continues(paragraph: HTMLElement, before: Segment & { parts: Parts }, start: number): boolean {
    // Something follows in this paragraph already: a late segment takes its place inside.
    if (paragraph.lastElementChild !== before.parts.element) return true;
    const text = [...paragraph.querySelectorAll(".words")].map((words) => words.textContent).join(" ");
    return !beginsParagraph({ text, end: before.end }, start);
  }

  private shownBefore(at: number): (Segment & { parts: Parts }) | undefined {
    for (let i = at - 1; i >= 0; --i) {
      const segment = this.segments[i];
      if (segment?.parts !== undefined) return segment as Segment & { parts: Parts };
    }
    return undefined;
  }

  private makeParts(): Parts {
    const element = make("span", "segment");
    const words = make("span", "words");
    const mark = make("small", "mark");
    const stable = document.createTextNode("");
    const provisional = make("span", "provisional");
    const source = make("span", "source");
    mark.hidden = true;
    words.append(mark, stable, provisional);
    element.append(words, source);
    return { element, mark, stable, provisional, source };
  }

  private makeParagraph(first: HTMLElement): HTMLElement {
    const paragraph = make("p");
    paragraph.dir = "auto";
    paragraph.append(first);
    return paragraph;
  }

  private show(parts: Parts, caption: Caption, before: Segment | undefined): void {
    const { element, stable, provisional, source } = parts;
    element.dataset["segment"] = String(caption.segment);
    element.dataset["final"] = String(caption.final);
    element.lang = caption.translated ? caption.lang : this.sourceLanguage;
    this.mark(parts, caption.translated, before);
    // The space between the two is not underlined.
    const space = /^\s*/.exec(caption.provisional)?.[0] ?? "";
    setText(stable, caption.text + space);
    setText(provisional, caption.provisional.slice(space.length));
    source.lang = this.sourceLanguage;
    source.dir = "auto";
    setText(source, caption.translated && caption.lang !== this.sourceLanguage ? caption.source : "");
  }

  /**
   * Marks source text that stands for a translation, in words for the first of a run. Which is the
   * first is not looked at again: what becomes of one segment does not change the next.
   */
  private mark({ mark }: Parts, translated: boolean, before: Segment | undefined): void {
    const marked = !mark.hidden;
    if (marked !== translated) return;
    mark.hidden = translated;
    const inRun = before?.parts?.mark.hidden === false;
    setText(mark, translated ? "" : inRun ? "⚠ " : `⚠ ${this.untranslatedMark} `);
    mark.title = this.untranslatedMark;
  }

  private remove(segment: Segment): void {
    const element = segment.parts?.element;
    segment.parts = undefined;
    if (element === undefined) return;
    const paragraph = element.parentElement;
    const space = element.previousSibling ?? element.nextSibling;
    if (space instanceof Text) space.remove();
    element.remove();
    if (paragraph?.childElementCount === 0) paragraph.remove();
  }

  private announce(caption: Caption): void {
    const line = make("p");
    line.lang = caption.translated ? caption.lang : this.sourceLanguage;
    line.textContent = caption.text + caption.provisional;
    this.announcer.append(line);
    while (this.announcer.childElementCount > kAnnouncementsKept) {
      this.announcer.firstElementChild?.remove();
    }
  }
}

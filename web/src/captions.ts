// The captions on the page: one element a segment, in paragraphs.

import type { Caption } from "./api";
import { make, setText } from "./dom";
import { beginsParagraph } from "./paragraphs";

interface Segment {
  readonly number: number;
  /** The highest sequence number applied. */
  seq: number;
  end: number;
  final: boolean;
  announced: boolean;
  /** Undefined once the segment was removed: its number and seq are kept. */
  parts: Parts | undefined;
}

interface Parts {
  readonly element: HTMLElement;
  readonly mark: HTMLElement;
  readonly stable: Text;
  readonly provisional: HTMLElement;
}

/**
 * A message that came late. Messages of a growing segment share a sequence number, which counts
 * what is settled; so among equals the later one wins, but nothing reopens what is final.
 */
function isStale(caption: Caption, segment: Segment): boolean {
  if (caption.seq !== segment.seq) return caption.seq < segment.seq;
  return segment.final && !caption.final;
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
        number: caption.segment, seq: caption.seq, end: caption.end, final: false,
        announced: false, parts: undefined,
      };
      this.segments.splice(at, 0, segment);
    } else if (isStale(caption, segment)) {
      return;
    }
    segment.seq = caption.seq;
    segment.final = caption.final;
    segment.end = caption.end;
    if (caption.text === "" && caption.provisional === "") {
      this.remove(segment);
      return;
    }
    segment.parts ??= this.insert(at, caption.start);
    this.show(segment.parts, caption);
    if (caption.final && !segment.announced) {
      segment.announced = true;
      this.announce(caption);
    }
  }

  /**
   * Another language follows: what is finished stays as it was read, what is open goes (it comes
   * again), and messages are taken whatever their sequence number.
   */
  changeLanguage(untranslatedMark: string): void {
    this.untranslatedMark = untranslatedMark;
    for (const segment of this.segments) {
      if (!segment.final) this.remove(segment);
      segment.seq = -1;
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
    return !beginsParagraph({ text: paragraph.textContent ?? "", end: before.end }, start);
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
    const mark = make("small", "mark");
    const stable = document.createTextNode("");
    const provisional = make("span", "provisional");
    mark.hidden = true;
    element.append(mark, stable, provisional);
    return { element, mark, stable, provisional };
  }

  private makeParagraph(first: HTMLElement): HTMLElement {
    const paragraph = make("p");
    paragraph.dir = "auto";
    paragraph.append(first);
    return paragraph;
  }

  private show(parts: Parts, caption: Caption): void {
    const { element, mark, stable, provisional } = parts;
    element.dataset["segment"] = String(caption.segment);
    element.dataset["final"] = String(caption.final);
    element.lang = caption.translated ? caption.lang : this.sourceLanguage;
    mark.hidden = caption.translated;
    setText(mark, caption.translated ? "" : `⚠ ${this.untranslatedMark} `);
    // The space between the two is not underlined.
    const space = /^\s*/.exec(caption.provisional)?.[0] ?? "";
    setText(stable, caption.text + space);
    setText(provisional, caption.provisional.slice(space.length));
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

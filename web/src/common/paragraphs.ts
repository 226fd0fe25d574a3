// How segments flow into paragraphs. Decided once for each segment, when its first words are
// shown, from what stands before it: so what is on the page is never laid out anew.

/** The paragraph so far, as its last segment leaves it. */
export interface Before {
  /** All its text. */
  readonly text: string;
  /** When its last segment ended, in seconds of the talk. */
  readonly end: number;
}

/** A silence that readers see as a new thought, in seconds. */
const kPause = 2;
/** A silence that ends a sentence, for recognisers that write no full stops. */
const kBreath = 0.6;
/** A sentence may end a paragraph from here on: shorter ones ("Yes.") keep company. */
const kShort = 40;
/** Past this a paragraph is a wall: six lines on a phone, two on a projector. */
const kLong = 120;

/** True when a segment that starts at `start` begins a paragraph of its own. */
export function beginsParagraph(before: Before, start: number): boolean {
  const length = before.text.length;
  const silence = start - before.end;
  if (length >= kLong || silence > kPause) return true;
  if (length < kShort) return false;
  return endsSentence(before.text) || (silence > kBreath && !hasSentenceMarks(before.text));
}

function hasSentenceMarks(text: string): boolean {
  return /[.!?…](\s|$)|[。？！]/.test(text);
}

function endsSentence(text: string): boolean {
  return /[.!?…。？！]["'”’»)\]]*\s*$/.test(text);
}

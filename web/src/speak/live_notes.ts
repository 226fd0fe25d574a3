// Which notes a speaker gets: from the state of things to words.

import type { Complaint } from "./level";
import type { Note } from "./notes";
import { kKept } from "./outbox";
import type { SpeakStrings } from "./strings";
import type { SpeakerStatus } from "../common/speaker_api";
import { fill } from "../common/strings";

export interface Situation {
  /** There was a connection, or a try, and it is gone. */
  readonly lost: boolean;
  /** No recogniser was free for this talk. */
  readonly full: boolean;
  /** It is back, and what was kept is not all sent. */
  readonly catchingUp: boolean;
  readonly ending: boolean;
  /** Seconds of sound that wait to be sent, and that were lost. */
  readonly waiting: number;
  readonly lostSeconds: number;
  readonly microphoneGone: boolean;
  /** Whether the speaker is to be heard just now: neither paused nor muted. */
  readonly heard: boolean;
  /** What this page hears. */
  readonly complaint: Complaint | undefined;
  /** What the server said last on this connection. */
  readonly status: SpeakerStatus | undefined;
  readonly useMicrophone: () => void;
  readonly endNow: () => void;
}

/** A network that holds back more than this is slow, in seconds of sound. */
const kSlow = 3;

export function liveNotes(strings: SpeakStrings, now: Situation): Note[] {
  const notes: Note[] = [];
  if (now.ending) {
    notes.push({
      id: now.lost ? "ending-lost" : "ending",
      text: strings.lastCaptions,
      ...(now.lost ? { action: { text: strings.doNotWait, do: now.endNow } } : {}),
    });
  }
  notes.push(...connectionNotes(strings, now));
  if (now.microphoneGone) {
    notes.push({
      id: "microphone-gone",
      text: strings.microphoneGone,
      action: { text: strings.useAgain, do: now.useMicrophone },
    });
  }
  if (now.heard) notes.push(...soundNotes(strings, now));
  return notes;
}

function seconds(template: string, value: number): string {
  return fill(template, value < 10 ? value.toFixed(1) : String(Math.round(value)));
}

function connectionNotes(strings: SpeakStrings, now: Situation): Note[] {
  const wait = seconds(strings.wait, now.waiting);
  if (now.lost && now.waiting > kKept - 1) {
    const detail = now.lostSeconds > 0 ? seconds(strings.secondsLost, now.lostSeconds) : wait;
    return [{ id: "losing", text: strings.losing, detail }];
  }
  if (now.lost && now.full) return [{ id: "full", text: strings.fullNow, detail: wait }];
  if (now.lost) return [{ id: "lost", text: strings.lost, detail: wait }];
  if (now.catchingUp) {
    const gone = now.lostSeconds > 0 ? ` ${seconds(strings.secondsLost, now.lostSeconds)}` : "";
    return [{ id: "catching-up", text: strings.catchingUp, detail: wait + gone }];
  }
  if (now.waiting > kSlow) return [{ id: "slow", text: strings.slow, detail: wait }];
  return [];
}

/** The server's ears and this page's: the page's are faster, the server's are what counts. */
function soundNotes(strings: SpeakStrings, { complaint, status }: Situation): Note[] {
  const hears = (code: Complaint): boolean => complaint === code || status?.warnings.has(code) === true;
  const notes: Note[] = [];
  if (hears("silence")) notes.push({ id: "silence", text: strings.silence });
  else if (hears("too_quiet")) notes.push({ id: "too-quiet", text: strings.too_quiet });
  if (hears("clipping")) notes.push({ id: "clipping", text: strings.clipping });
  if (status?.warnings.has("behind") === true) {
    notes.push({ id: "behind", text: strings.behind, detail: seconds(strings.leftOut, status.dropped) });
  }
  return notes;
}

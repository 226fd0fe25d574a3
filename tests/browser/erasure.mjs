// What a reader of the listener page goes through: words taken back, and finished lines that move.
// It watches the page from outside; the page knows nothing of it.

/**
 * Watches the captions of a page that is not open yet:
 *
 *     await watchCaptions(page);
 *     await page.goto(address);
 *     …
 *     const seen = await captionsSeen(page);
 */
export function watchCaptions(page) {
  return page.addInitScript(watch);
}

/**
 * What was seen so far:
 *
 * - `segments`: for each segment, in order, `segment`, `lang`, `final`, `text`, `updates` (how often
 *   its words changed), `erased` (words taken back), `words` (in the last text: none when it was
 *   removed) and `erasure`, null without words
 * - `erasure`: normalized erasure (Arivazhagan et al. 2020, "Re-translation versus streaming for
 *   simultaneous translation"): over all updates, the words of the old text after its common prefix
 *   with the new one, divided by the words of the last texts. Provisional words count. 0: nothing
 *   was ever taken back
 * - `corrections`: how often a finished segment's words changed
 * - `moved`: finished segments that were at another place of the paper than before: `segment`,
 *   `text`, `from` and `to` (left and top of the first line, right and bottom of the last, in
 *   pixels; then the same of the original, where it is shown), and `after`: "correction" of an
 *   earlier finished segment, "insertion" of one before it that came late, "removal" of one, or
 *   "growth" of what comes after, which should never be. What a correction does to its own segment
 *   is not counted, nor a change of the layout that the reader asked for (size, originals, window)
 */
export function captionsSeen(page) {
  return page.evaluate(() => window.captionsSeen());
}

/** Runs in the page. */
function watch() {
  const tracks = new Map();
  const places = new Map();
  const moved = [];
  let corrections = 0;
  let paper;
  let layout = "";
  let frame = 0;
  const nothing = () => ({ corrected: new Set(), added: new Set(), removed: false });
  /** Since the last look. */
  let changed = nothing();

  const wordsOf = (text) => text.split(/\s+/u).filter((word) => word !== "");

  /** The caption's words, without the mark and the original. */
  function textOf(element) {
    if (!element.isConnected) return "";
    const copy = element.cloneNode(true);
    for (const extra of copy.querySelectorAll(".mark, .source")) extra.remove();
    return copy.textContent.trim();
  }

  function update(element) {
    const { segment } = element.dataset;
    if (segment === undefined) return;
    const track = tracks.get(element) ?? {
      segment: Number(segment), lang: "", final: false, text: "", updates: 0, erased: 0,
    };
    tracks.set(element, track);
    const text = textOf(element);
    const wasFinal = track.final;
    if (text !== track.text) {
      const before = wordsOf(track.text);
      const now = wordsOf(text);
      let same = 0;
      while (same < before.length && before[same] === now[same]) ++same;
      track.erased += before.length - same;
      ++track.updates;
      if (wasFinal) ++corrections;
    }
    track.text = text;
    track.lang = element.lang;
    track.final = wasFinal || element.dataset.final === "true";
  }

  const segmentsIn = (node) => {
    if (!(node instanceof Element)) return [];
    return node.matches("[data-segment]") ? [node] : [...node.querySelectorAll("[data-segment]")];
  };

  function onMutations(records) {
    const touched = new Set();
    for (const { type, target, addedNodes, removedNodes } of records) {
      const at = target instanceof Element ? target : target.parentElement;
      const own = at?.closest("[data-segment]");
      if (own) {
        touched.add(own);
        if (type !== "attributes" && places.has(own)) changed.corrected.add(own);
      }
      for (const node of addedNodes) {
        for (const element of segmentsIn(node)) {
          touched.add(element);
          changed.added.add(element);
        }
      }
      for (const node of removedNodes) {
        for (const element of segmentsIn(node)) {
          touched.add(element);
          if (!element.isConnected) changed.removed = true;
        }
      }
    }
    for (const element of touched) update(element);
    if (frame === 0) frame = requestAnimationFrame(look);
  }

  /** Where its words are, and its original. */
  function placeOf(element, origin) {
    const parts = [...element.querySelectorAll(".words, .source")];
    return (parts.length === 0 ? [element] : parts).flatMap((part) => {
      const rects = [...part.getClientRects()];
      if (rects.length === 0) return [];
      const [first, last] = [rects[0], rects[rects.length - 1]];
      return [first.left - origin.left, first.top - origin.top,
        last.right - origin.left, last.bottom - origin.top].map((value) => Math.round(value * 10) / 10);
    });
  }

  const isBefore = (one, other) =>
    (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;

  function causeFor(element) {
    if ([...changed.corrected].some((other) => isBefore(other, element))) return "correction";
    if ([...changed.added].some((other) => isBefore(other, element))) return "insertion";
    return changed.removed ? "removal" : "growth";
  }

  /** Compares where the finished segments are with where they were: at most once a frame. */
  function look() {
    cancelAnimationFrame(frame);
    frame = 0;
    const origin = paper.getBoundingClientRect();
    const { fontSize } = getComputedStyle(paper);
    const layoutNow = `${origin.width} ${fontSize} ${paper.closest(".originals") !== null}`;
    const sameLayout = layoutNow === layout;
    layout = layoutNow;
    for (const element of paper.querySelectorAll("[data-segment][data-final='true']")) {
      const now = placeOf(element, origin);
      const before = places.get(element);
      places.set(element, now);
      if (!sameLayout || before === undefined || changed.corrected.has(element)) continue;
      if (now.length === before.length && now.every((value, i) => Math.abs(value - before[i]) <= 0.5)) {
        continue;
      }
      moved.push({
        segment: Number(element.dataset.segment), text: textOf(element), from: before, to: now,
        after: causeFor(element),
      });
    }
    changed = nothing();
  }

  function start() {
    paper = document.querySelector("#paper");
    const observer = new MutationObserver(onMutations);
    observer.observe(paper, {
      childList: true, subtree: true, characterData: true, attributes: true,
      attributeFilter: ["data-final", "lang"],
    });
    window.captionsSeen = () => {
      onMutations(observer.takeRecords());
      look();
      const segments = [...tracks.values()].sort((a, b) => a.segment - b.segment).map((track) => {
        const words = wordsOf(track.text).length;
        return { ...track, words, erasure: words === 0 ? null : track.erased / words };
      });
      const sum = (key) => segments.reduce((total, segment) => total + segment[key], 0);
      return { segments, erasure: sum("words") === 0 ? 0 : sum("erased") / sum("words"), corrections, moved };
    };
  }

  if (document.querySelector("#paper")) start();
  else addEventListener("DOMContentLoaded", start);
}

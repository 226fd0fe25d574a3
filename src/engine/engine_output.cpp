// The engine's second half: how decisions become commands.
#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "engine/alignment.hpp"
#include "engine/engine.hpp"
#include "engine/segmenter.hpp"
#include "engine/word_text.hpp"

namespace sotto::engine {

namespace {

constexpr double discrepancy_share = 0.20;

}  // namespace

// Words up to `end` become speech, each segment ended where it ends.
void Engine::commit(TrackedResult& result, std::size_t end, const Commitment& how, Commands& out) {
  const milliseconds silence =
      result.words.empty() ? milliseconds{0} : result.end - result.words.back().end;
  while (result.committed < end) {
    if (!result.open.exists) result.open.begin(SegmentId{++last_segment_}, result.translated_at);
    const std::size_t first = result.closed_words;
    std::size_t next = result.committed;
    CutReason ends = CutReason::none;
    // What follows may show that the segment ended with the last word committed.
    if (next > first) ends = segment_end(result.words, first, next - 1, silence, settings_);
    while (ends == CutReason::none && next < end)
      ends = segment_end(result.words, first, next++, silence, settings_);
    if (ends == CutReason::none && next == end) ends = how.last;
    speak(result, next, ends, how, out);
  }
}

// The words up to `end` are said; where `ends` gives a reason the segment ends with them.
void Engine::speak(TrackedResult& result, std::size_t end, CutReason ends, const Commitment& how,
                   Commands& out) {
  const WordList& words = result.words;
  OpenSegment& open = result.open;
  const std::size_t first = result.closed_words, from = result.committed;
  Speak piece;
  piece.segment = open.id;
  piece.result_id = result.id;
  piece.text = words.text(from, end - from);
  if (end > first) {
    piece.start = words[std::min(from, end - 1)].start;
    piece.end = words[end - 1].end;
  } else {  // the final took back every word of the segment
    piece.start = open.start;
    piece.end = open.end;
  }
  piece.ends = ends;
  piece.flushed = how.flushed;
  piece.stability = how.stability;
  word_ends_.clear();
  for (std::size_t i = from; i < end; ++i) word_ends_.push_back(words[i].end);
  out.add(piece, word_ends_);
  result.committed = end;
  if (!open.committed_at) open.committed_at = now_;
  if (ends == CutReason::none) return;

  const bool gone = end == first;
  ShowCaption caption;
  caption.segment = open.id;
  caption.state = gone ? ShowCaption::State::replaced : ShowCaption::State::closed;
  caption.result = result.number;
  caption.result_id = result.id;
  caption.text = words.text(first, end - first);
  caption.stable_bytes = caption.text.size();
  caption.start = gone ? piece.start : SessionTime{words[first].start};
  caption.end = piece.end;
  caption.stability = how.stability;
  if (open.is_translated_whole(caption.text)) {  // and so it stays
    caption.reuse_bytes = caption.text.size();
    caption.translate = false;
    budget_.ended(static_cast<std::int64_t>(utf8::length(caption.text)));
  } else {
    translate_settled({}, open.parts.kept(caption.text), caption);
  }
  out.add(caption);
  result.closed.push_back({open.id, static_cast<std::uint32_t>(end - first)});
  result.closed_words = end;
  result.translated_at = now_;
  open.end_after(words.text(first, end - first), end - first);
}

// The open segment ends after the words committed so far when a pause, or punctuation that came
// later, shows that it does, or when they have been held long enough.
bool Engine::end_segment_if_due(TrackedResult& result, Commands& out) {
  const OpenSegment& open = result.open;
  if (!open.exists || result.committed == result.closed_words) return false;
  CutReason ends = segment_end(result.words, result.closed_words, result.committed - 1,
                               result.silence(now_), settings_);
  if (ends == CutReason::none && now_ - *open.committed_at >= settings_.max_buffer_timeout)
    ends = CutReason::buffer_timeout;
  if (ends == CutReason::none) return false;
  speak(result, result.committed, ends, {open.stability, false}, out);
  return true;
}

// The words up to `stable_end` are shown as stable, those up to `shown_end` as provisional. What
// was shown beyond them stays until a likely word contradicts it or the final comes: hypotheses
// often drop a word for a moment.
void Engine::show(TrackedResult& result, std::size_t stable_end, std::size_t shown_end,
                  float stability, Commands& out) {
  const std::size_t first = result.closed_words;
  const WordList& words = result.words;
  OpenSegment& open = result.open;
  const std::size_t shown = std::max(shown_end, result.committed) - first;
  const std::size_t stable = std::max(stable_end, result.committed) - first;
  if (!open.exists) {
    if (shown == 0 && open.text.empty()) return;
    open.begin(SegmentId{++last_segment_}, result.translated_at);
  }
  const std::string_view text = words.text(first, shown);
  std::size_t stable_bytes = words.text(first, stable).size();
  const bool mark_unknown = result.state == State::partial && first + shown == words.size();
  const auto beginning = open.take_letters(text, mark_unknown);
  if (beginning != OpenSegment::Beginning::other) {
    stable_bytes = std::max(stable_bytes, open.stable_bytes);
    const bool as_before = beginning == OpenSegment::Beginning::same;
    if (open.shown && as_before && stable_bytes == open.stable_bytes) return;
  } else {
    open.text = text;
    open.words = shown;
    open.translated = open.relettered = false;
  }
  open.shown = true;
  open.stable_bytes = stable_bytes;
  open.stability = stability;
  if (shown > 0) {
    open.start = words[first].start;
    open.end = std::max<SessionTime>(open.end, words[first + shown - 1].end);
  }
  const auto translate_from = translation_due(result) ? translate_early(result) : std::nullopt;
  out.add(ShowCaption{open.id, ShowCaption::State::open, result.number, result.id, open.text,
                      stable_bytes, open.start, open.end, translate_from.has_value(),
                      translate_from.value_or(0), stability});
}

// Where the budget is short, parts are longer: what is not spent on early words pays for whole
// segments.
bool Engine::budget_is_short(const OpenSegment& open) const {
  return budget_.is_short(utf8::length(open.text));
}

milliseconds Engine::retranslate_interval(const OpenSegment& open) const {
  return settings_.retranslate_interval * (budget_is_short(open) ? 2 : 1);
}

bool Engine::translation_due(const TrackedResult& result) const {
  const OpenSegment& open = result.open;
  if (open.translated) return false;
  const std::string_view last = std::string_view(open.text).substr(open.text.rfind(' ') + 1);
  if (ends_clause(last) || ends_sentence(last)) return true;
  const std::size_t words = settings_.retranslate_words + (budget_is_short(open) ? 2 : 0);
  return open.words >= open.translated_words + words ||
         now_ - open.translated_at >= retranslate_interval(open);
}

// Sends the open segment's words to translation if the budget has it: from which byte on.
std::optional<std::size_t> Engine::translate_early(TrackedResult& result) {
  OpenSegment& open = result.open;
  const std::size_t whole = utf8::length(open.text);
  std::size_t from = 0;
  std::size_t cost = whole;
  if (!budget_.allows_whole_twice(whole)) {
    from = open.parts.kept(open.text);
    cost = utf8::length(std::string_view(open.text).substr(from));
    if (!budget_.allows_early(cost, whole)) {
      open.translated_at = now_;  // asks again after the interval, or with more words
      return std::nullopt;
    }
  }
  budget_.spend(cost);
  open.translate(now_, from);
  result.translated_at = now_;
  return from;
}

// A segment has ended, or one that had reads otherwise now than `before`. It is translated whole,
// or, where the budget has not that, what lies behind the first `kept` bytes.
void Engine::translate_settled(std::string_view before, std::size_t kept, ShowCaption& caption) {
  const std::size_t whole = utf8::length(caption.text);
  budget_.ended(static_cast<std::int64_t>(whole) - static_cast<std::int64_t>(utf8::length(before)));
  if (kept > 0 && !budget_.allows_whole(whole)) caption.reuse_bytes = kept;
  const std::string_view rest = caption.text.substr(caption.reuse_bytes);
  caption.translate = !rest.empty() || caption.text.empty();
  budget_.spend(utf8::length(rest));
}

// The open segment's words waited for company; their time is up. Where a newer hypothesis is about
// to be decided on, they go with it.
void Engine::show_again_if_due(TrackedResult& result, Commands& out) {
  OpenSegment& open = result.open;
  if (!open.exists || !open.shown || (result.undecided && now_ < result.window_end) ||
      !translation_due(result))
    return;
  if (const auto from = translate_early(result))
    out.add(ShowCaption{open.id, ShowCaption::State::open, result.number, result.id, open.text,
                        open.stable_bytes, open.start, open.end, true, *from, open.stability});
}

// Words were shown that nobody said after all.
void Engine::withdraw(TrackedResult& result, Commands& out) {
  OpenSegment& open = result.open;
  if (open.shown && !open.text.empty())
    out.add(ShowCaption{open.id,
                        ShowCaption::State::replaced,
                        result.number,
                        result.id,
                        {},
                        0,
                        open.start,
                        open.end,
                        true,
                        0,
                        1});
  open.end_after({}, open.words);
}

// Finds the committed words in the final's, and replaces what was captioned otherwise.
void Engine::repair(TrackedResult& result, const WordList& words, Commands& out) {
  const WordList& before = result.words;
  const std::size_t committed = result.committed;
  align(before, committed, words, scratch_.place);
  if (const std::size_t wrong = contradicted(before, committed, words, scratch_.place); wrong > 0) {
    out.add(Diagnostic{Diagnostic::Kind::contradicted, result.id, static_cast<double>(wrong)});
    const double share = normalized_distance(as_spoken(before.text(0, committed)),
                                             as_spoken(words.text(0, scratch_.place[committed])));
    if (share > discrepancy_share)
      out.add(Diagnostic{Diagnostic::Kind::discrepancy, result.id, share});
  }
  std::size_t first = 0;
  for (const ClosedSegment& segment : result.closed) {
    const std::size_t last = first + segment.words;
    const std::size_t now_first = scratch_.place[first],
                      now_count = scratch_.place[last] - scratch_.place[first];
    const std::string_view text = words.text(now_first, now_count);
    if (segment.relettered || text != before.text(first, segment.words)) {
      const bool gone = now_count == 0;
      const WordList& timed = gone ? before : words;
      const std::size_t from = gone ? first : now_first;
      const std::size_t count = gone ? segment.words : now_count;
      // A segment that an earlier final removed has no words and no time of its own.
      const SessionTime start = count > 0 ? SessionTime{timed[from].start} : result.start;
      const SessionTime end = count > 0 ? SessionTime{timed[from + count - 1].end} : result.start;
      ShowCaption caption{segment.id,
                          ShowCaption::State::replaced,
                          result.number,
                          result.id,
                          text,
                          text.size(),
                          start,
                          end,
                          true,
                          0,
                          1};
      const std::string_view shown = before.text(first, segment.words);
      translate_settled(shown, same_words(text, shown) ? text.size() : 0, caption);
      out.add(caption);
    }
    first = last;
  }
}

// No final came: closed segments take the case and marks of the newest hypothesis.
void Engine::reletter_closed(TrackedResult& result, Commands& out) {
  std::size_t first = 0;
  for (ClosedSegment& segment : result.closed) {
    const std::size_t last = first + segment.words;
    if (std::exchange(segment.relettered, false)) {
      const std::string_view text = result.words.text(first, segment.words);
      ShowCaption caption{segment.id,
                          ShowCaption::State::replaced,
                          result.number,
                          result.id,
                          text,
                          text.size(),
                          result.words[first].start,
                          result.words[last - 1].end,
                          true,
                          0,
                          1};
      translate_settled(text, text.size(), caption);
      out.add(caption);
    }
    first = last;
  }
}

}  // namespace sotto::engine

#include "engine/engine.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"
#include "engine/stability.hpp"

namespace sotto::engine {

namespace {

// Of a partial result no more is read; its final brings the rest.
constexpr ReadLimit partial_limit{2'000, 65'536};
// Above this a finished result's words are not kept for a second final.
constexpr std::size_t max_kept_words = 512;
// For so long after its last hypothesis a flushed result is remembered word by word.
constexpr std::chrono::seconds final_awaited{60};

// No words at all.
bool says_nothing(const transcript::RecognitionResult& heard) {
  const auto blank = [](std::string_view text) {
    return (text.empty() || static_cast<unsigned char>(text.front()) <= ' ') &&
           text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
  };
  if (heard.items.empty()) return blank(heard.transcript);
  return std::all_of(heard.items.begin(), heard.items.end(),
                     [&](const transcript::Item& item) { return blank(item.content); });
}

}  // namespace

Result<Engine> Engine::create(const Settings& settings) {
  return validate(settings).map([](const Settings& valid) { return Engine(valid); });
}

void Engine::step(const Event& event, SessionTime now, Commands& out) {
  now_ = std::max(now_, now);
  tick(out);
  std::visit(Overloaded{[&](const TranscriptReceived& heard) { hear(*heard.event, out); },  //
                        [&](const Tick&) {}, [&](const SpeechDetected&) { speech_detected(out); },
                        [&](const ModeChange& change) { change_mode(change.mode, out); },
                        [&](const EndOfAudio&) { end_of_audio(out); }},
             event);
  due_ = due_time();
}

std::optional<SessionTime> Engine::next_tick() const {
  return due_ == never ? std::nullopt : std::optional(due_);
}

void Engine::hear(const transcript::Event& event, Commands& out) {
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult heard = event[i];
    if (!says_nothing(heard)) result_heard(out);
    if (heard.is_partial) {
      hear_partial(heard, out);
    } else {
      hear_final(heard, out);
    }
  }
}

void Engine::hear_partial(const transcript::RecognitionResult& heard, Commands& out) {
  TrackedResult* known = find(heard);
  const auto diagnostic = [&](Diagnostic::Kind kind) { out.add(Diagnostic{kind, heard.id, 0}); };
  const bool final_was_heard = known ? known->state != State::partial
                                     : recent_finals_.has_id(heard) || recent_finals_.cover(heard);
  if (final_was_heard || (known && heard.end < known->end))
    return diagnostic(Diagnostic::Kind::dropped_late);
  if (!known && says_nothing(heard)) return;
  TrackedResult& result = known ? *known : track(heard, out);
  if (!result.take_hypothesis(heard, partial_limit, scratch_)) return;
  result.start = std::min(result.start, heard.start);
  result.last_heard = now_;
  if (!uses_partials()) return;
  if (std::exchange(result.undecided, true)) diagnostic(Diagnostic::Kind::superseded);
  if (now_ >= result.window_end) decide(result, out);
}

void Engine::hear_final(const transcript::RecognitionResult& heard, Commands& out) {
  TrackedResult* known = find_for_final(heard);
  const bool remembered = known && !known->forgotten;
  if (recent_finals_.has_text(heard, now_, settings_.dedup_ttl) ||
      (!remembered && recent_finals_.has_id(heard)))
    return out.add(Diagnostic{Diagnostic::Kind::duplicate, heard.id, 0});
  if (!known && says_nothing(heard)) return;
  read_words(heard, {}, scratch_.heard);
  TrackedResult& result = known ? *known : track(heard, out);
  recent_finals_.add(heard, result.id, now_);
  result.start = std::min(result.start, heard.start);
  result.end = std::max(result.end, heard.end);
  result.last_heard = now_;
  const std::string_view channel = heard.channel;
  settle(result, scratch_.heard, out);
  scratch_.heard.clear();
  scratch_.heard.shrink(usual_words, usual_bytes);
  advance(channel, out);
}

// The recogniser lives.
void Engine::result_heard(Commands& out) {
  speech_watch_.result();
  if (!std::exchange(fallen_back_, false) || settings_.mode != Mode::partial) return;
  out.add(Diagnostic{Diagnostic::Kind::recover, {}, 0, Cause::results_resumed});
}

void Engine::speech_detected(Commands& out) {
  const milliseconds unanswered = speech_watch_.speech(now_, settings_.pause_threshold);
  if (unanswered < settings_.fallback_timeout || !uses_partials()) return;
  fallen_back_ = true;
  out.add(Diagnostic{Diagnostic::Kind::fallback, {}, to_seconds(unanswered), Cause::no_results});
}

void Engine::change_mode(Mode mode, Commands& out) {
  if (mode == settings_.mode) return;
  settings_.mode = mode;
  for (TrackedResult& result : results_) {
    result.undecided = false;
    result.hold_due.reset();
    if (result.state == State::partial) result.held_since.reset();
  }
  if (fallen_back_) return;
  const bool fallback = mode == Mode::final_only;
  out.add(Diagnostic{fallback ? Diagnostic::Kind::fallback : Diagnostic::Kind::recover,
                     {},
                     0,
                     Cause::mode_change});
}

void Engine::end_of_audio(Commands& out) {
  for (const std::uint8_t index : in_audio_order())
    if (!results_[index].done()) flush(results_[index], CutReason::end_of_audio, out);
}

void Engine::tick(Commands& out) {
  if (now_ < due_) return;
  for (const std::uint8_t index : in_audio_order())
    if (!results_[index].done()) tick(results_[index], out);
  due_ = due_time();
}

void Engine::tick(TrackedResult& result, Commands& out) {
  if (uses_partials()) {
    if (result.undecided && now_ >= result.window_end) {
      decide(result, out);
    } else if (result.hold_due && now_ >= *result.hold_due) {
      judge(result, out);
    }
  }
  if (result.held_since && now_ - *result.held_since >= settings_.max_buffer_timeout)
    release(result, out);
  if (result.done()) return;
  if (end_segment_if_due(result, out)) show_rest(result, out);
  show_again_if_due(result, out);
  if (result.state == State::partial && now_ - result.last_heard >= settings_.orphan_timeout) {
    out.add(Diagnostic{Diagnostic::Kind::orphan_flushed, result.id, 0});
    flush(result, CutReason::orphan, out);
    advance(result.channel, out);
  }
}

// The earliest moment at which tick() would find something to do.
SessionTime Engine::due_time() const {
  SessionTime due = never;
  const auto at = [&](SessionTime t) { due = std::min(due, t); };
  for (const TrackedResult& result : results_) {
    if (!result.in_use() || result.done()) continue;
    if (result.state == State::partial) at(result.last_heard + settings_.orphan_timeout);
    if (result.held_since) at(*result.held_since + settings_.max_buffer_timeout);
    if (uses_partials() && result.undecided) at(result.window_end);
    if (uses_partials() && result.hold_due) at(*result.hold_due);
    const OpenSegment& open = result.open;
    if (!open.exists) continue;
    if (open.committed_at && result.committed > result.closed_words) {
      at(*open.committed_at + settings_.max_buffer_timeout);
      if (result.committed == result.words.size())
        at(now_ + settings_.pause_threshold - result.silence(now_));
    }
    if (open.shown && !open.translated) {
      const SessionTime again = open.translated_at + retranslate_interval(open);
      at(result.undecided ? std::max(again, result.window_end) : again);
    }
  }
  return due == never ? never : std::max(due, now_ + milliseconds{1});
}

void Engine::decide(TrackedResult& result, Commands& out) {
  result.undecided = false;
  for (TrackedResult& other : results_)
    if (other.channel == result.channel) other.window_end = now_ + rate_window();
  judge(result, out);
}

// What the newest hypothesis allows: commit what is stable, show what is likely.
void Engine::judge(TrackedResult& result, Commands& out) {
  const TrustedPrefix trusted = trusted_prefix(result.words, result.committed, result.end,
                                               now_ - result.last_heard, settings_);
  if (trusted.scores_missing && !std::exchange(warned_of_missing_stability_, true))
    out.add(Diagnostic{Diagnostic::Kind::stability_missing, result.id, 0});
  result.hold_due.reset();
  if (trusted.held_for) result.hold_due = now_ + *trusted.held_for;

  const std::size_t stable_end = result.committed + trusted.stable;
  const std::size_t shown_end = result.committed + trusted.shown;
  if (trusted.stable == 0) {
    result.held_since.reset();
  } else if (blocked(result)) {
    hold(result, out);
  } else {
    commit(result, stable_end, {trusted.lowest, false}, out);
  }
  end_segment_if_due(result, out);
  show(result, stable_end, shown_end, trusted.lowest, out);
}

// A segment has ended: what was heard after it goes into the next.
void Engine::show_rest(TrackedResult& result, Commands& out) {
  if (result.state == State::waiting) {
    show(result, result.words.size(), result.words.size(), 1, out);
  } else if (uses_partials()) {
    judge(result, out);
  }
}

// Stable words wait for an earlier result of their channel, as long as there is time and room.
void Engine::hold(TrackedResult& result, Commands& out) {
  if (!result.held_since) result.held_since = now_;
  const std::size_t unsent = result.words.size() - result.committed;
  const milliseconds span = result.end - result.words[result.committed].start;
  if (unsent > settings_.buffer_words || span > settings_.buffer_span) release(result, out);
}

// Flushes what stands in the way of `result`, in order, and lets it go on.
void Engine::release(TrackedResult& result, Commands& out) {
  for (;;) {
    TrackedResult* first = nullptr;
    for (TrackedResult& other : results_)
      if (other.in_use() && !other.done() && other.channel == result.channel &&
          other.before(result) && (!first || other.before(*first)))
        first = &other;
    if (!first) break;
    if (first->state == State::partial)
      out.add(Diagnostic{Diagnostic::Kind::orphan_flushed, first->id, 0});
    flush(*first, CutReason::orphan, out);
  }
  result.held_since.reset();
  if (result.state == State::waiting) {
    finish(result, CutReason::final_result, false, out);
  } else if (uses_partials()) {
    judge(result, out);
  }
}

// Lets the results of a channel that waited go on, as far as they can.
void Engine::advance(std::string_view channel, Commands& out) {
  for (const std::uint8_t index : in_audio_order()) {
    TrackedResult& result = results_[index];
    if (result.done() || result.channel != channel) continue;
    if (result.held_since && !blocked(result)) release(result, out);
    if (!result.done()) return;
  }
}

// The result's words are known for good: mend what was captioned, then say the rest.
void Engine::settle(TrackedResult& result, WordList& words, Commands& out) {
  repair(result, words, out);
  result.take_final(words, scratch_.place);
  result.undecided = false;
  result.hold_due.reset();
  result.state = State::waiting;
  if (!blocked(result)) return finish(result, CutReason::final_result, false, out);
  if (!result.held_since) result.held_since = now_;
  show(result, result.words.size(), result.words.size(), 1, out);
}

void Engine::finish(TrackedResult& result, CutReason reason, bool flushed, Commands& out) {
  commit(result, result.words.size(), {1, flushed, reason}, out);
  if (result.open.exists) {
    if (result.open.committed_at) {
      speak(result, result.committed, reason, {1, flushed}, out);
    } else {
      withdraw(result, out);
    }
  }
  result.undecided = false;
  result.held_since.reset();
  result.hold_due.reset();
  result.state = result.state == State::waiting ? State::finished : State::flushed;
  if (result.state == State::finished && result.words.size() > max_kept_words) {
    result.forgotten = true;
    result.words.clear();
    result.words.shrink(0, 0);
    result.closed.clear();
    result.committed = result.closed_words = 0;
  }
}

// Takes the newest hypothesis for final. The record stays, so that a final that comes after all
// says only what is new in it.
void Engine::flush(TrackedResult& result, CutReason reason, Commands& out) {
  const bool has_final = result.state == State::waiting;
  if (!has_final) {
    result.release_last_marks();
    reletter_closed(result, out);
  }
  finish(result, has_final ? CutReason::final_result : reason, !has_final, out);
}

TrackedResult* Engine::find(const transcript::RecognitionResult& heard) {
  for (TrackedResult& result : results_) {
    if (!result.in_use() || result.id != heard.id || result.channel != heard.channel) continue;
    // An id that comes again over later audio is a new result's: a recogniser began to count anew.
    const bool same_audio =
        heard.start == result.start || (!heard.id.empty() && heard.start < result.end);
    if (!result.done() || same_audio) return &result;
  }
  return nullptr;
}

// By id, else by channel and the longest overlap in time, since a final's id may be new.
TrackedResult* Engine::find_for_final(const transcript::RecognitionResult& heard) {
  if (TrackedResult* same_id = find(heard)) return same_id;
  TrackedResult* best = nullptr;
  milliseconds longest{0};
  for (TrackedResult& result : results_) {
    const bool open = result.state == State::partial || result.state == State::flushed;
    if (!open || result.channel != heard.channel) continue;
    const milliseconds shared = overlap(result.start, result.end, heard.start, heard.end);
    const milliseconds shorter = std::min(result.end - result.start, heard.end - heard.start);
    if (shared > longest && 2 * shared >= shorter) best = &result, longest = shared;
  }
  return best;
}

TrackedResult& Engine::track(const transcript::RecognitionResult& heard, Commands& out) {
  TrackedResult& result = free_place(out);
  result.begin(heard, ++last_result_, now_);
  for (const TrackedResult& other : results_)
    if (other.in_use() && other.channel == heard.channel)
      result.window_end = std::max(result.window_end, other.window_end);
  return result;
}

// A result that ended makes room; where none has, the first in the audio is flushed. One whose
// final may still come is kept longer than others.
TrackedResult& Engine::free_place(Commands& out) {
  TrackedResult *oldest = nullptr, *oldest_flushed = nullptr;
  std::size_t over = 0;
  for (TrackedResult& result : results_) {
    if (!result.in_use()) return result;
    if (!result.done()) continue;
    const bool awaited = result.state == State::flushed && now_ - result.last_heard < final_awaited;
    TrackedResult*& least = awaited ? oldest_flushed : oldest;
    if (!least || result.number < least->number) least = &result;
    over += awaited ? 0 : 1;
  }
  if (over <= max_done && results_.size() < max_results) {
    results_.reserve(max_results);
    return results_.emplace_back();
  }
  if (!oldest) oldest = oldest_flushed;
  if (!oldest) {
    oldest = &results_[in_audio_order().index[0]];
    if (oldest->state == State::partial)
      out.add(Diagnostic{Diagnostic::Kind::orphan_flushed, oldest->id, 0});
    flush(*oldest, CutReason::orphan, out);
  }
  // Its words are given up: a final that comes after all is not to be said again.
  if (oldest->state == State::flushed)
    recent_finals_.add({oldest->id, oldest->channel, {}, oldest->start, oldest->end, false, {}},
                       oldest->id, now_);
  return *oldest;
}

bool Engine::blocked(const TrackedResult& result) const {
  return std::any_of(results_.begin(), results_.end(), [&](const TrackedResult& other) {
    return other.in_use() && !other.done() && other.before(result) &&
           other.channel == result.channel;
  });
}

Engine::Order Engine::in_audio_order() const {
  Order order;
  for (std::size_t i = 0; i < results_.size(); ++i)
    if (results_[i].in_use()) order.index[order.count++] = static_cast<std::uint8_t>(i);
  std::sort(order.index.begin(), order.index.begin() + order.count,
            [&](std::uint8_t a, std::uint8_t b) { return results_[a].before(results_[b]); });
  return order;
}

}  // namespace sotto::engine

#include "engine/engine.hpp"

#include <algorithm>
#include <utility>

#include "engine/alignment.hpp"

namespace sotto::engine {

namespace {

constexpr std::size_t max_open_results = 8;
constexpr std::size_t max_recent_finals = 64;

milliseconds overlap(SessionTime a_start, SessionTime a_end, SessionTime b_start,
                     SessionTime b_end) {
  return std::min(a_end, b_end) - std::max(a_start, b_start);
}

template <class... Fs>
struct Visitor : Fs... {
  using Fs::operator()...;
};

}  // namespace

Result<Engine> Engine::create(const Settings& settings) {
  return validate(settings).map([](const Settings& valid) { return Engine(valid); });
}

void Engine::step(const Event& event, SessionTime now, Commands& out) {
  now_ = std::max(now_, now);
  std::visit(Visitor{[&](const Heard& heard) { hear(*heard.event, now_, out); },
                     [&](const Tick&) { tick(now_, out); },
                     [&](const ModeChange& change) { change_mode(change.mode, out); },
                     [&](const EndOfAudio&) { end_of_audio(now_, out); }},
             event);
}

void Engine::hear(const transcript::Event& event, SessionTime now, Commands& out) {
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult heard = event[i];
    if (heard.is_partial) {
      hear_partial(heard, now, out);
    } else {
      hear_final(heard, now, out);
    }
  }
  tick(now, out);
}

void Engine::hear_partial(const transcript::RecognitionResult& heard, SessionTime now,
                          Commands& out) {
  const auto known = match(heard);
  const bool older = known != results_.end() && (known->flushed || heard.end < known->end);
  if (older || is_late(heard)) {
    out.push_back(Notice{Notice::Kind::dropped_late, std::string(heard.id), 0});
    return;
  }
  read_words(heard, heard_words_);
  if (heard_words_.empty() && known == results_.end()) return;
  OpenResult& result = known != results_.end() ? *known : open_result(heard, now, out);
  carry_agreement(result.words, heard_words_);
  std::swap(result.words, heard_words_);
  result.place = align(result.committed, result.words).back();
  result.end = heard.end;
  result.last_heard = now;
  if (result.undecided) out.push_back(Notice{Notice::Kind::superseded, result.id, 0});
  result.undecided = true;
}

void Engine::hear_final(const transcript::RecognitionResult& heard, SessionTime now,
                        Commands& out) {
  if (is_duplicate(heard, now)) {
    out.push_back(Notice{Notice::Kind::duplicate, std::string(heard.id), 0});
    return;
  }
  read_words(heard, heard_words_);
  auto known = match(heard);
  if (known == results_.end()) {
    if (heard_words_.empty()) return;
    open_result(heard, now, out);
    known = std::prev(results_.end());
  }
  recent_finals_.push_back({std::string(heard.id), known->channel, std::string(heard.transcript),
                            heard.start, heard.end, now});
  if (known->id != heard.id)  // the partials' id will not be heard again either
    recent_finals_.push_back(
        {known->id, known->channel, std::string(heard.transcript), heard.start, heard.end, now});
  while (recent_finals_.size() > max_recent_finals) recent_finals_.pop_front();
  finish(*known, std::move(heard_words_), CutReason::final_result, out);
  results_.erase(known);
}

void Engine::tick(SessionTime now, Commands& out) {
  if (now >= window_end_ && settings_.mode == Mode::partial) {
    for (OpenResult& result : results_) {
      if (!result.undecided) continue;
      decide(result, now, out);
      window_end_ = now + rate_window();
    }
  }
  for (OpenResult& result : results_) {
    if (result.flushed) continue;
    if (settings_.mode == Mode::partial) {
      show_again_if_due(result, now, out);
      if (result.stable_since && now - *result.stable_since >= settings_.max_buffer_timeout)
        decide(result, now, out);
    }
    if (now - result.last_heard >= settings_.orphan_timeout) {
      out.push_back(Notice{Notice::Kind::orphan_flushed, result.id, 0});
      flush(result, CutReason::orphan, out);
    }
  }
}

void Engine::change_mode(Mode mode, Commands& out) {
  if (mode == settings_.mode) return;
  settings_.mode = mode;
  const bool fallback = mode == Mode::final_only;
  out.push_back(Notice{fallback ? Notice::Kind::fallback : Notice::Kind::recover, {}, 0});
  for (OpenResult& result : results_) result.stable_since.reset();
}

void Engine::end_of_audio(SessionTime, Commands& out) {
  for (OpenResult& result : results_)
    if (!result.flushed) flush(result, CutReason::end_of_audio, out);
  results_.clear();
}

std::optional<SessionTime> Engine::next_tick() const {
  std::optional<SessionTime> next;
  const auto at = [&](SessionTime t) { next = next ? std::min(*next, t) : t; };
  for (const OpenResult& result : results_) {
    if (result.flushed) continue;
    at(result.last_heard + settings_.orphan_timeout);
    if (settings_.mode == Mode::final_only) continue;
    if (result.undecided) at(window_end_);
    if (result.stable_since) at(*result.stable_since + settings_.max_buffer_timeout);
    if (result.open && result.open->text != result.open->translated_text) {
      const SessionTime due = result.open->translated_at + settings_.retranslate_interval;
      at(result.undecided ? std::max(due, window_end_) : due);
    }
  }
  return next;
}

// What the newest hypothesis allows: commit complete segments, show the rest.
void Engine::decide(OpenResult& result, SessionTime now, Commands& out) {
  result.undecided = false;
  TrustedPrefix trusted = trusted_prefix(result.words, result.place, result.end, settings_);
  if (trusted.scores_missing && !std::exchange(warned_of_missing_stability_, true))
    out.push_back(Notice{Notice::Kind::stability_missing, result.id, 0});

  const auto rest = [&] { return std::span<const Word>(result.words).subspan(result.place); };
  const milliseconds silence =
      result.words.empty() ? milliseconds{0} : result.end - result.words.back().end;
  const auto take = [&](const Cut& cut) {
    commit(result, cut, trusted.lowest, out);
    trusted.stable -= cut.words;
    trusted.shown -= cut.words;
    result.stable_since.reset();
  };
  for (;;) {
    const Cut cut = find_cut(rest(), trusted.stable, silence, settings_);
    if (cut.words == 0) break;
    take(cut);
  }
  if (trusted.stable == 0) {
    result.stable_since.reset();
  } else if (!result.stable_since) {
    result.stable_since = now;
  } else if (now - *result.stable_since >= settings_.max_buffer_timeout) {
    take({trusted.stable, CutReason::buffer_timeout});
  }
  const bool full = rest().size() > settings_.buffer_words ||
                    (!rest().empty() && result.end - rest().front().start > settings_.buffer_span);
  if (full && trusted.stable > 0) take({trusted.stable, CutReason::buffer_full});
  show_open(result, trusted, now, out);
}

// The next `cut.words` words become a closed segment: captioned, and spoken.
void Engine::commit(OpenResult& result, const Cut& cut, float stability, Commands& out) {
  const auto words = std::span<const Word>(result.words).subspan(result.place, cut.words);
  ClosedSegment segment{result.open ? result.open->id : next_segment(), cut.words, join(words)};
  result.open.reset();
  result.translated_at = now_;

  ShowCaption caption;
  caption.segment = segment.id;
  caption.state = ShowCaption::State::closed;
  caption.result_id = result.id;
  caption.text = segment.text;
  caption.stable_bytes = segment.text.size();
  caption.start = words.front().start;
  caption.end = words.back().end;
  caption.stability = stability;
  out.push_back(caption);
  out.push_back(Speak{segment.id, result.id, segment.text, caption.start, caption.end, cut.reason,
                      stability});

  result.committed.insert(result.committed.end(), words.begin(), words.end());
  result.place += cut.words;
  result.closed.push_back(std::move(segment));
}

void Engine::show_open(OpenResult& result, const TrustedPrefix& trusted, SessionTime now,
                       Commands& out) {
  const auto rest = std::span<const Word>(result.words).subspan(result.place);
  std::size_t shown = trusted.shown, stable = trusted.stable;
  if (result.open) {
    // What was shown and has not changed stays, though its score may dip as the hypothesis shrinks.
    const OpenSegment& before = *result.open;
    if (before.words <= rest.size() && join(rest.first(before.words)) == before.text) {
      shown = std::max(shown, before.words);
      stable = std::max(stable, before.stable_words);
    }
  } else if (shown == 0) {
    return;
  }
  if (!result.open) {
    result.open.emplace();
    result.open->id = next_segment();
    result.open->translated_at = result.translated_at;
  }
  OpenSegment& open = *result.open;
  std::string text = join(rest.first(shown));
  const std::size_t stable_bytes = join(rest.first(stable)).size();
  if (text == open.text && stable_bytes == open.stable_bytes) return;
  open.text = std::move(text);
  open.stable_bytes = stable_bytes;
  open.words = shown;
  open.stable_words = stable;
  open.stability = trusted.lowest;
  if (shown > 0) {
    open.start = rest.front().start;
    open.end = rest[shown - 1].end;
  }

  ShowCaption caption{
      open.id,  ShowCaption::State::open,   result.id,     open.text, stable_bytes, open.start,
      open.end, retranslate_due(open, now), open.stability};
  if (caption.translate) {
    open.translated_words = open.words;
    open.translated_text = open.text;
    open.translated_at = result.translated_at = now;
  }
  out.push_back(std::move(caption));
}

bool Engine::retranslate_due(const OpenSegment& open, SessionTime now) const {
  if (open.text == open.translated_text) return false;
  return open.words >= open.translated_words + settings_.retranslate_words ||
         ends_clause(open.text) || ends_sentence(open.text) ||
         now - open.translated_at >= settings_.retranslate_interval;
}

// The open segment's words waited for company; their time is up. Where a newer hypothesis is about
// to be decided on, they go with it.
void Engine::show_again_if_due(OpenResult& result, SessionTime now, Commands& out) {
  if (!result.open || (result.undecided && now < window_end_) ||
      !retranslate_due(*result.open, now))
    return;
  OpenSegment& open = *result.open;
  open.translated_words = open.words;
  open.translated_text = open.text;
  open.translated_at = result.translated_at = now;
  out.push_back(ShowCaption{open.id, ShowCaption::State::open, result.id, open.text,
                            open.stable_bytes, open.start, open.end, true, open.stability});
}

// The result's words are known for good: mend what was captioned, then say the rest.
void Engine::finish(OpenResult& result, std::vector<Word> words, CutReason reason, Commands& out) {
  const std::vector<std::size_t> place = align(result.committed, words);
  repair(result, words, place, out);
  result.words = std::move(words);
  result.place = place.back();
  while (result.place < result.words.size()) {
    const auto rest = std::span<const Word>(result.words).subspan(result.place);
    Cut cut = find_cut(rest, rest.size(), milliseconds{0}, settings_);
    if (cut.words == 0) cut = {rest.size(), reason};
    commit(result, cut, 1, out);
  }
  if (!result.open) return;
  // Words were shown that nobody said after all.
  out.push_back(ShowCaption{result.open->id,
                            ShowCaption::State::replaced,
                            result.id,
                            {},
                            0,
                            result.open->start,
                            result.open->end,
                            true,
                            1});
  result.open.reset();
}

void Engine::repair(OpenResult& result, std::span<const Word> words,
                    std::span<const std::size_t> place, Commands& out) {
  if (result.committed.empty()) return;
  const double share = normalised_distance(join(result.committed), join(words.first(place.back())));
  if (share > 0.20) out.push_back(Notice{Notice::Kind::discrepancy, result.id, share});
  std::size_t first = 0;
  for (ClosedSegment& segment : result.closed) {
    const std::size_t last = first + segment.words;
    const auto now_said = words.subspan(place[first], place[last] - place[first]);
    std::string text = join(now_said);
    if (text != segment.text) {
      segment.text = std::move(text);
      const SessionTime start =
          now_said.empty() ? result.committed[first].start : now_said.front().start;
      const SessionTime end =
          now_said.empty() ? result.committed[last - 1].end : now_said.back().end;
      out.push_back(ShowCaption{segment.id, ShowCaption::State::replaced, result.id, segment.text,
                                segment.text.size(), start, end, true, 1});
    }
    first = last;
  }
}

// Takes the newest hypothesis for final. The record stays, so that a final that comes after all
// says only what is new in it.
void Engine::flush(OpenResult& result, CutReason reason, Commands& out) {
  finish(result, result.words, reason, out);
  result.stable_since.reset();
  result.undecided = false;
  result.flushed = true;
}

Engine::OpenResult& Engine::open_result(const transcript::RecognitionResult& heard, SessionTime now,
                                        Commands& out) {
  if (results_.size() >= max_open_results) {
    if (!results_.front().flushed) {
      out.push_back(Notice{Notice::Kind::orphan_flushed, results_.front().id, 0});
      flush(results_.front(), CutReason::orphan, out);
    }
    results_.pop_front();
  }
  OpenResult& result = results_.emplace_back();
  result.id = heard.id;
  result.channel = heard.channel;
  result.start = heard.start;
  result.end = heard.end;
  result.last_heard = now;
  return result;
}

// By id; for a final also by channel and the longest overlap in time, since its id may be new.
std::deque<Engine::OpenResult>::iterator Engine::match(const transcript::RecognitionResult& heard) {
  const auto same_id =
      std::find_if(results_.begin(), results_.end(), [&](const OpenResult& result) {
        return result.id == heard.id && result.channel == heard.channel;
      });
  if (same_id != results_.end() || heard.is_partial) return same_id;
  auto best = results_.end();
  milliseconds longest{0};
  for (auto it = results_.begin(); it != results_.end(); ++it) {
    const milliseconds shared = overlap(it->start, it->end, heard.start, heard.end);
    if (it->channel == heard.channel && shared > longest) best = it, longest = shared;
  }
  return best;
}

bool Engine::is_duplicate(const transcript::RecognitionResult& heard, SessionTime now) const {
  return std::any_of(recent_finals_.begin(), recent_finals_.end(), [&](const RecentFinal& recent) {
    if (recent.channel != heard.channel) return false;
    if (recent.id == heard.id) return true;
    return recent.text == heard.transcript && now - recent.at <= settings_.dedup_ttl &&
           overlap(recent.start, recent.end, heard.start, heard.end) > milliseconds{0};
  });
}

bool Engine::is_late(const transcript::RecognitionResult& heard) const {
  return std::any_of(recent_finals_.begin(), recent_finals_.end(), [&](const RecentFinal& recent) {
    return recent.channel == heard.channel && recent.id == heard.id;
  });
}

SegmentId Engine::next_segment() { return SegmentId{++last_segment_}; }

}  // namespace sotto::engine

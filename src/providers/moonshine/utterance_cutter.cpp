#include "providers/moonshine/utterance_cutter.hpp"

#include <algorithm>

namespace sotto::providers::moonshine {
namespace {

std::uint64_t frames_in(milliseconds length, milliseconds frame) {
  return static_cast<std::uint64_t>(std::max<milliseconds::rep>(1, length / frame));
}

}  // namespace

UtteranceCutter::UtteranceCutter(const CutterSettings& settings)
    : settings_(settings),
      onset_(frames_in(settings.onset, settings.frame)),
      pre_roll_(frames_in(settings.pre_roll, settings.frame)),
      pause_(frames_in(settings.pause, settings.frame)),
      patience_(frames_in(settings.patience, settings.frame)),
      cap_(frames_in(settings.cap, settings.frame)),
      look_back_(frames_in(settings.look_back, settings.frame)) {}

Cut UtteranceCutter::on_frame(float probability, float level_db) {
  ++next_;
  recent_.push_back({probability, level_db});
  if (recent_.size() > look_back_) recent_.pop_front();
  return begin_ ? look_for_end(probability, level_db) : look_for_begin(probability);
}

Cut UtteranceCutter::look_for_begin(float probability) {
  speech_run_ = probability >= settings_.speech ? speech_run_ + 1 : 0;
  if (speech_run_ < onset_) return {};
  const std::uint64_t speech = next_ - speech_run_;
  begin_ = std::max(last_end_, speech > pre_roll_ ? speech - pre_roll_ : 0);
  quiet_run_ = 0;
  level_sum_ = 0;
  level_count_ = 0;
  return {Cut::Kind::begin, *begin_};
}

Cut UtteranceCutter::look_for_end(float probability, float level_db) {
  if (probability >= settings_.speech) {
    level_sum_ += static_cast<double>(level_db);
    ++level_count_;
  }
  // Between the two thresholds a frame leaves things as they are.
  if (probability < settings_.quiet || (quiet_run_ > 0 && probability < settings_.speech)) {
    ++quiet_run_;
  } else {
    quiet_run_ = 0;
  }
  const std::uint64_t length = next_ - *begin_;
  if (quiet_run_ >= pause_) return close(next_);
  if (length < patience_) return {};
  if (const auto pause = best_pause(length)) return split(*pause);
  return {};
}

Cut UtteranceCutter::close(std::uint64_t frame) {
  begin_.reset();
  last_end_ = frame;
  speech_run_ = 0;
  return {Cut::Kind::end, frame};
}

Cut UtteranceCutter::split(std::uint64_t frame) {
  begin_ = frame;
  last_end_ = frame;
  quiet_run_ = 0;
  level_sum_ = 0;
  level_count_ = 0;
  return {Cut::Kind::split, frame};
}

std::uint64_t UtteranceCutter::pause_needed(std::uint64_t length) const {
  if (length >= cap_) return 1;
  const std::uint64_t room = std::max<std::uint64_t>(1, cap_ - patience_);
  return std::max<std::uint64_t>(2, pause_ * (cap_ - length) / room);
}

bool UtteranceCutter::is_quiet(const Heard& heard, bool dips_count) const {
  if (heard.probability < settings_.quiet) return true;
  if (!dips_count || level_count_ == 0) return false;
  const auto mean = static_cast<float>(level_sum_ / static_cast<double>(level_count_));
  return heard.level_db < mean - settings_.dip_db;
}

// The middle of the longest pause in what was heard last, where it is long enough for an utterance
// of this length; at the cap the quietest frame will do.
std::optional<std::uint64_t> UtteranceCutter::best_pause(std::uint64_t length) const {
  const std::uint64_t needed = pause_needed(length);
  const std::uint64_t first = next_ - recent_.size();
  std::uint64_t best = 0, best_end = 0, run = 0;
  for (std::size_t i = 0; i < recent_.size(); ++i) {
    run = is_quiet(recent_[i], true) ? run + 1 : 0;
    if (run > best && first + i + 1 - run > *begin_) {
      best = run;
      best_end = first + i + 1;
    }
  }
  if (best >= needed) return best_end - best / 2;
  if (length < cap_) return std::nullopt;
  const auto quietest =
      std::min_element(recent_.begin(), recent_.end(),
                       [](const Heard& a, const Heard& b) { return a.level_db < b.level_db; });
  return first + static_cast<std::uint64_t>(quietest - recent_.begin());
}

}  // namespace sotto::providers::moonshine

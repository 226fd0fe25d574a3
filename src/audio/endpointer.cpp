#include "audio/endpointer.hpp"

#include <algorithm>

namespace sotto::audio {
namespace {

std::uint64_t frames_in(milliseconds length, milliseconds frame) {
  return static_cast<std::uint64_t>(std::max<milliseconds::rep>(0, length / frame));
}

}  // namespace

Endpointer::Endpointer(const EndpointerSettings& settings)
    : onset_(std::max<std::uint64_t>(1, frames_in(settings.onset, settings.frame))),
      pre_roll_(frames_in(settings.pre_roll, settings.frame)),
      hangover_(std::max<std::uint64_t>(1, frames_in(settings.hangover, settings.frame))),
      cap_(
          std::max<std::uint64_t>(onset_ + pre_roll_ + 1, frames_in(settings.cap, settings.frame))),
      cap_window_(std::min(cap_, frames_in(settings.cap_window, settings.frame))),
      dip_db_(settings.dip_db) {}

Endpoint Endpointer::on_frame(bool is_speech, float level_db) {
  ++next_;
  speech_run_ = is_speech ? speech_run_ + 1 : 0;
  return open() ? look_for_end(is_speech, level_db) : look_for_start(is_speech);
}

Endpoint Endpointer::look_for_start(bool is_speech) {
  if (!is_speech || speech_run_ < onset_) return {};
  const std::uint64_t first_speech = next_ - speech_run_;
  const std::uint64_t wanted = first_speech > pre_roll_ ? first_speech - pre_roll_ : 0;
  open_since_ = std::max(wanted, last_end_);
  quiet_run_ = 0;
  dip_run_ = 0;
  speech_frames_ = 0;
  mean_level_db_ = 0;
  return {Endpoint::Kind::start, *open_since_};
}

Endpoint Endpointer::look_for_end(bool is_speech, float level_db) {
  const bool is_dip = speech_frames_ > 0 && level_db < mean_level_db_ - dip_db_;
  quiet_run_ = is_speech ? 0 : quiet_run_ + 1;
  dip_run_ = is_speech && !is_dip ? 0 : dip_run_ + 1;
  if (is_speech) {
    ++speech_frames_;
    mean_level_db_ += (level_db - mean_level_db_) / static_cast<float>(speech_frames_);
  }
  const std::uint64_t length = next_ - *open_since_;
  const std::uint64_t needed = quiet_needed(length);
  const bool in_window = length + cap_window_ >= cap_;
  if (quiet_run_ < hangover_ && !(in_window && dip_run_ >= needed)) return {};
  open_since_.reset();
  last_end_ = next_;
  // Speech that goes on needs its onset again, from here.
  speech_run_ = 0;
  return {Endpoint::Kind::end, next_};
}

// How many quiet frames end an utterance of this length: from the hangover down to one, at the cap
// none.
std::uint64_t Endpointer::quiet_needed(std::uint64_t length) const {
  if (length >= cap_) return 0;
  const std::uint64_t left = cap_ - length;
  if (cap_window_ == 0 || left >= cap_window_) return hangover_;
  return std::max<std::uint64_t>(1, hangover_ * left / cap_window_);
}

}  // namespace sotto::audio

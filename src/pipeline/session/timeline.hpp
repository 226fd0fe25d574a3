#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <mutex>
#include <vector>

#include "base/segment.hpp"
#include "engine/command.hpp"

namespace sotto::pipeline {

/// Where this run of a session stands in the whole of it. A session that goes on after its process
/// ended has a new engine, whose segments and times begin anew: here, and nowhere else, they are
/// placed behind those of the earlier runs. What a speaker's client has lost counts, so that
/// what follows has the talk's time; silence that nobody was silent for does not. Thread-safe.
class Timeline {
 public:
  /// Behind these segments of earlier runs, and those up to the number `behind`; without any it
  /// changes nothing.
  explicit Timeline(const std::vector<Segment>& earlier, std::uint32_t behind = 0)
      : segments_(behind) {
    for (const Segment& segment : earlier) {
      segments_ = std::max(segments_, static_cast<std::uint32_t>(segment.id));
      time_ = std::max(time_, segment.end.time_since_epoch());
    }
  }

  /// How long the earlier runs were: the place in the talk where this one begins.
  milliseconds earlier() const { return time_; }

  /// What comes after the place `at` of this run's audio is so many samples later in the talk than
  /// it would be, or earlier. Not before an earlier call's `at`.
  void shift(milliseconds at, std::int64_t samples) {
    const std::lock_guard lock(mutex_);
    const std::int64_t before = steps_.empty() ? 0 : steps_.back().samples;
    if (!steps_.empty() && steps_.back().at == at) {
      steps_.back().samples += samples;
      return;
    }
    steps_.push_back({at, before + samples});
    if (steps_.size() > max_steps) steps_.pop_front();
  }

  /// Where a place of this run's audio is in the talk.
  SessionTime placed(SessionTime place) const {
    const std::lock_guard lock(mutex_);
    milliseconds at = place.time_since_epoch();
    const auto next = std::partition_point(steps_.begin(), steps_.end(),
                                           [&](const Step& step) { return step.at < at; });
    if (next != steps_.begin()) at += length_of(std::prev(next)->samples);
    // Inside of silence that does not count: where it began.
    if (next != steps_.end()) at = std::min(at, next->at + length_of(next->samples));
    return SessionTime{at + time_};
  }

  /// What a caption of this run's engine says, in its place.
  Segment placed(const engine::ShowCaption& caption) const {
    Segment segment;
    segment.id = placed(caption.segment);
    segment.text = caption.text.substr(0, caption.stable_bytes);
    segment.provisional = caption.text.substr(caption.stable_bytes);
    segment.start = placed(caption.start);
    segment.end = placed(caption.end);
    return segment;
  }

  /// A piece of this run's speech, in its place.
  engine::Speak placed(engine::Speak piece) const {
    piece.segment = placed(piece.segment);
    piece.start = placed(piece.start);
    piece.end = placed(piece.end);
    return piece;
  }

 private:
  static constexpr std::size_t max_steps = 4096;

  struct Step {
    milliseconds at;
    std::int64_t samples;  ///< all shifts up to here
  };

  static milliseconds length_of(std::int64_t samples) { return milliseconds{samples / 16}; }

  SegmentId placed(SegmentId id) const {
    return SegmentId{segments_ + static_cast<std::uint32_t>(id)};
  }

  std::uint32_t segments_ = 0;
  milliseconds time_{0};
  mutable std::mutex mutex_;  ///< guards steps_
  std::deque<Step> steps_;
};

}  // namespace sotto::pipeline

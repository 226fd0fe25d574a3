#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/segment.hpp"
#include "engine/command.hpp"

namespace sotto::pipeline {

/// Where this run of a session stands in the whole of it. A session that goes on after its process
/// ended has a new engine, whose segments and times begin anew: here, and nowhere else, they are
/// placed behind those of the earlier runs. Immutable, so thread-safe.
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

  /// How long the earlier runs were.
  milliseconds earlier() const { return time_; }

  /// What a caption of this run's engine says, in its place.
  Segment placed(const engine::ShowCaption& caption) const {
    Segment segment;
    segment.id = placed(caption.segment);
    segment.text = caption.text.substr(0, caption.stable_bytes);
    segment.provisional = caption.text.substr(caption.stable_bytes);
    segment.start = caption.start + time_;
    segment.end = caption.end + time_;
    return segment;
  }

  /// A piece of this run's speech, in its place.
  engine::Speak placed(engine::Speak piece) const {
    piece.segment = placed(piece.segment);
    piece.start += time_;
    piece.end += time_;
    return piece;
  }

 private:
  SegmentId placed(SegmentId id) const {
    return SegmentId{segments_ + static_cast<std::uint32_t>(id)};
  }

  std::uint32_t segments_ = 0;
  milliseconds time_{0};
};

}  // namespace sotto::pipeline

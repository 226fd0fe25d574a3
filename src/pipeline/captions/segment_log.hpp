#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "base/segment.hpp"

namespace sotto::pipeline {

/// The settled segments of a session in its own language, in their latest revisions, for listeners
/// that join late or return. Bounded: past max_segments the oldest are forgotten. Not thread-safe;
/// lives on the session's strand.
class SegmentLog {
 public:
  static constexpr std::size_t max_segments = 20'000;  ///< about 15 hours of talk

  /// Keeps a segment's newest revision.
  void add(Segment segment) {
    seq_ = std::max(seq_, segment.seq);
    const SegmentId id = segment.id;
    segments_[id] = std::move(segment);
    if (segments_.size() > max_segments) segments_.erase(segments_.begin());
  }

  /// A segment's newest revision; null where there is none, or it is long ago.
  const Segment* find(SegmentId id) const {
    const auto known = segments_.find(id);
    return known == segments_.end() ? nullptr : &known->second;
  }

  /// The last revision's number: how many have been settled.
  std::uint64_t seq() const { return seq_; }

  /// The segments settled after `seq`, in the order of the session.
  std::vector<Segment> since(std::uint64_t seq) const {
    std::vector<Segment> found;
    for (const auto& [id, segment] : segments_)
      if (segment.seq > seq) found.push_back(segment);
    return found;
  }

  /// The last `count` segments, in the order of the session.
  std::vector<Segment> latest(std::size_t count) const {
    std::vector<Segment> found;
    for (auto it = segments_.rbegin(); it != segments_.rend() && found.size() < count; ++it)
      if (!it->second.text.empty()) found.push_back(it->second);
    return {found.rbegin(), found.rend()};
  }

 private:
  std::map<SegmentId, Segment> segments_;
  std::uint64_t seq_ = 0;
};

}  // namespace sotto::pipeline

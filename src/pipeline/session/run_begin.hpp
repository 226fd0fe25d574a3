#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/segment.hpp"

namespace sotto::pipeline {

/// Behind which numbers one run of a session, in one process, begins. A run that was killed may
/// have shown more than it could store, so that what is stored does not say which numbers were
/// given. But no run gives as many of them as time passes: a number for each microsecond that the
/// session is old (285 years of them fit into a JSON number, 2^53), a segment for each 10 ms (up to
/// half of them, 248 days). So no number is given twice unless captions are lost and the clock is
/// set back. ADR 7.
struct RunBegin {
  std::uint64_t seq = 0;      ///< of a settled revision
  std::uint32_t segment = 0;  ///< of a segment

  /// `age`: how long ago the session was created; 0 for one that begins. `stored`: what is known of
  /// its earlier runs.
  static RunBegin of(milliseconds age, const std::vector<Segment>& stored) {
    constexpr std::int64_t seqs_each_ms = 1000, ms_each_segment = 10;
    constexpr std::int64_t most_ms = (std::int64_t{1} << 52) / seqs_each_ms;
    constexpr std::int64_t most_segment = std::int64_t{1} << 31;
    const std::int64_t ms = std::clamp<std::int64_t>(age.count(), 0, most_ms);
    RunBegin begin{static_cast<std::uint64_t>(ms * seqs_each_ms),
                   static_cast<std::uint32_t>(std::min(ms / ms_each_segment, most_segment))};
    for (const Segment& segment : stored) {
      begin.seq = std::max(begin.seq, segment.seq);
      begin.segment = std::max(begin.segment, static_cast<std::uint32_t>(segment.id));
    }
    return begin;
  }
};

}  // namespace sotto::pipeline

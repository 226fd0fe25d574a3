#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/settings.hpp"
#include "replay/event_file.hpp"

namespace sotto::tuning {

/// One setting and what it came to on the recorded sessions.
struct SweepPoint {
  double min_stability_threshold = 0;
  milliseconds max_buffer_timeout{};
  double commit_lag = 0;       ///< s, mean: a word's end to its commitment
  double segment_lag = 0;      ///< s, mean: a segment's last word's end to the segment's end
  double segment_lag_p95 = 0;  ///< s
  double erasure = 0;          ///< of the source captions
  double contradicted = 0;     ///< share of committed words
  std::uint64_t translated_characters = 0;
  /// No other point is at least as good in mean commit lag, segment lag, erasure, contradicted
  /// words and characters, and better in one.
  bool on_frontier = false;
};

/// The values to try.
struct SweepGrid {
  std::vector<double> thresholds = {0.70, 0.75, 0.80, 0.85, 0.90, 0.95};
  std::vector<milliseconds> timeouts = {milliseconds{2000}, milliseconds{3000}, milliseconds{5000},
                                        milliseconds{10000}};
};

/// Replays the events under every combination, the rest of the settings as given.
/// Errors: the engine's, for a value out of range.
Result<std::vector<SweepPoint>> sweep(std::span<const replay::RecordedEvent> events,
                                      const engine::Settings& settings, const SweepGrid& grid);

/// What a recommended setting must keep to.
struct Limits {
  double contradicted = 0.05;
  double erasure = 0.2;
};

/// The point of the frontier within the limits that ends segments soonest (mean segment lag plus
/// mean commit lag), then the one that translates least, then the most careful; nothing where none
/// is within.
std::optional<SweepPoint> recommend(std::span<const SweepPoint> points, const Limits& limits = {});

}  // namespace sotto::tuning

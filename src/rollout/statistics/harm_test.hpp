#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "rollout/statistics/confidence_sequence.hpp"

namespace sotto::rollout {

/// Whether a value from 0 to 1, of which less is better, is higher in the canary's sessions than in
/// control's: of sessions that failed, of votes that are bad, of captions that are late. See
/// bets.hpp: the score is the value less the mean of the control sessions before it, so that a
/// share that is not what it should be makes no harm of what is none. A mixture over five stakes,
/// from 4 % to 95 % of the largest that cannot lose everything: the small ones find a harm that is
/// small or rare. Any session may be the last. Not thread-safe; the same sessions in the same order
/// give the same bits.
struct HarmTest {
  std::array<double, 5> log_wealth{};
  std::uint64_t control = 0;
  double control_sum = 0;

  /// A session ended with `value` in [0, 1]; `share` in (0, 1) is the chance that it fell to the
  /// canary. Others are passed over.
  void add(bool canary, double share, double value);

  /// The natural logarithm of the evidence that the canary's mean is higher; 0 without sessions. An
  /// action at log(1/alpha) is false with probability alpha at the most, at whatever time.
  double log_evidence() const;

  friend bool operator==(const HarmTest&, const HarmTest&) = default;
};

/// Whether the mean of a value from 0 to 1 has come to be above a limit: a bet on each session that
/// it is, which is fair or worse where the mean is at the limit or below (Waudby-Smith and Ramdas
/// 2023). One begins with each session, and the best of them counts (Page 1954, "Continuous
/// inspection schemes"; Shin, Ramdas and Rinaldo 2023, "E-detectors"), so that trouble is found
/// that begins after a long time in which all was well. Not thread-safe.
struct LimitTest {
  std::array<double, 5> log_wealth{};
  std::uint64_t count = 0;

  /// `limit` in (0, 1).
  void add(double value, double limit);
  /// As HarmTest::log_evidence(): each of `count` bets may only have its part of alpha.
  double log_evidence() const;

  friend bool operator==(const LimitTest&, const LimitTest&) = default;
};

/// A confidence sequence for the canary's mean less control's, of a value from 0 to 1: what of the
/// bets on each of a grid of differences has not been refused. Not thread-safe.
struct DifferenceRange {
  static constexpr std::size_t size = 33;
  /// From -1 to 1, closer around 0.
  static const std::array<double, size>& grid();

  /// That the true difference is above, and below, each of the grid.
  std::array<std::array<double, 2>, size> log_above{}, log_below{};
  std::uint64_t canary = 0, control = 0;
  double canary_sum = 0, control_sum = 0;

  /// As HarmTest::add().
  void add(bool canary, double share, double value);

  /// With probability 1 - alpha the true difference is never above it (never below it): from -1 to
  /// 1, rounded outwards to the grid. `alpha` in (0, 1).
  Interval interval(double alpha) const;

  friend bool operator==(const DifferenceRange&, const DifferenceRange&) = default;
};

}  // namespace sotto::rollout

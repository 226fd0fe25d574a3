#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/utc_time.hpp"
#include "rollout/statistics/confidence_sequence.hpp"

namespace sotto::rollout {

/// The latest control sessions' values, and what was known of the sessions before they began, so
/// that a session is compared with those that are like it. Not thread-safe.
class Reference {
 public:
  /// What is known of a session before it begins: as much of the variation between sessions as it
  /// explains need not be told from a harm.
  struct Kind {
    std::uint32_t group = 0;  ///< a hash of what it speaks; 0: not known
    std::uint8_t hour = 0;    ///< of the day, UTC
    friend bool operator==(const Kind&, const Kind&) = default;
  };
  struct Value {
    double value = 0;
    std::uint32_t group = 0;
    std::uint8_t hour = 0;
    friend bool operator==(const Value&, const Value&) = default;
  };
  static Kind kind(std::string_view language, UtcTime began_at);

  void add(double value, Kind kind);

  /// The values of those that a session of that kind is compared with, in order: of its group and
  /// within three hours of its hour of the day where these are many, else of its group, else all.
  /// Empty while there are fewer than four.
  std::vector<double> like(Kind kind) const;

  std::vector<Value> values;  ///< the latest 192, oldest first

  friend bool operator==(const Reference&, const Reference&) = default;
};

/// Where a value lies among values in order: from -1, below all, to 1, above all; its mean is 0 for
/// one that is like them.
double rank_among(const std::vector<double>& sorted, double value);

/// Whether a value of which less is better, such as the logarithm of a session's latency, is higher
/// in the canary's sessions: a running form of Mann and Whitney's test. See bets.hpp; the score is
/// the value's rank among control sessions that are like it, so that one session has one voice,
/// however far out it is, and a canary whose sessions only vary more does no harm. Of the three
/// bets two are linear in the rank, and find a shift of a half and a quarter of the spread; one
/// saturates, for shifts of a whole one and more. Not thread-safe.
struct RankTest {
  std::array<double, 3> log_wealth{};

  /// A session with that rank; `share` as HarmTest::add().
  void add(bool canary, double share, double rank);
  /// As HarmTest::log_evidence().
  double log_evidence() const;

  friend bool operator==(const RankTest&, const RankTest&) = default;
};

/// A confidence sequence for the shift between the canary's values and control's: the shifts that,
/// taken off the canary's values, leave nothing between the arms that RankTest could find (Lehmann
/// 1963, "Nonparametric confidence intervals for a shift parameter", with running tests). Not
/// thread-safe.
struct ShiftRange {
  static constexpr std::size_t size = 65;
  static constexpr double step = 0.05;  ///< of the grid, which reaches from -1.6 to 1.6
  static double at(std::size_t index) {
    return step * (static_cast<double>(index) - static_cast<double>(size / 2));
  }

  std::array<std::array<double, 2>, size> log_above{}, log_below{};
  std::uint64_t canary = 0, control = 0;

  /// A session; `among` is what Reference::like() has for it, not empty.
  void add(bool canary, double share, double value, const std::vector<double>& among);

  /// With probability 1 - alpha the true shift is never above it (never below it), rounded
  /// outwards to the grid; infinite beyond it.
  Interval interval(double alpha) const;

  friend bool operator==(const ShiftRange&, const ShiftRange&) = default;
};

}  // namespace sotto::rollout

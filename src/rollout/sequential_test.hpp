// Tests of counts that hold under continuous looking, as running likelihood ratios: under the null
// hypothesis each exceeds 1/alpha at any time with probability alpha at the most (Ville 1939).
#pragma once

#include <array>
#include <cstdint>

#include "rollout/confidence_sequence.hpp"

namespace sotto::rollout {

/// Whether sessions fall to the canary as often as the percentage says, which may change as they
/// come: a Beta mixture around it (Lindon and Malek 2022, "Anytime-valid inference for multinomial
/// count data", section 3). Not thread-safe.
class SampleRatioTest {
 public:
  /// A session came; `share` in (0, 1) is the chance that it fell to the canary. Others are passed
  /// over.
  void add(bool canary, double share);

  /// The natural logarithm of the evidence that the shares are others.
  double log_evidence() const { return log_evidence_; }
  std::uint64_t canary() const { return canary_; }
  std::uint64_t control() const { return control_; }
  double expected_canary() const { return expected_; }

 private:
  std::uint64_t canary_ = 0, control_ = 0;
  double expected_ = 0, log_evidence_ = 0;
};

/// Whether the canary's sessions fail more often than control's. A session that failed is the
/// canary's with the chance `share` if the feature does no harm, whatever the hour and however many
/// fail then, and with r·share / (r·share + 1 - share) if it fails r times as often: a mixture over
/// r from 1.05 to 20 (the Poisson test of Lindon and Malek 2022, section 4, on a grid). Not
/// thread-safe.
class ExcessTest {
 public:
  /// A session failed; `share` in (0, 1) is the chance that it fell to the canary.
  void add(bool canary, double share);

  /// The natural logarithm of the evidence that the canary fails more often.
  double log_evidence() const;

  /// A confidence sequence for r: with probability 1 - alpha not above r at any time, the same for
  /// below. From 0 to infinity.
  Interval ratio_interval(double alpha) const;

  std::uint64_t canary() const { return canary_; }
  std::uint64_t control() const { return control_; }

 private:
  // log likelihood ratios against r = 1 for r on a grid that is even in log r
  static constexpr std::size_t grid = 161;
  static double ratio_at(std::size_t index);

  std::array<double, grid> log_likelihood_{};
  std::uint64_t canary_ = 0, control_ = 0;
};

}  // namespace sotto::rollout

// Tests of counts that hold under continuous looking, as running likelihood ratios: under the null
// hypothesis each exceeds 1/alpha at any time with probability alpha at the most (Ville 1939,
// "Étude critique de la notion de collectif"), so whoever acts on it may look after every session
// and stop when it pleases. The shares may change from session to session, as long as each is what
// it was before its session fell to an arm. The same sessions in the same order give the same bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "rollout/statistics/confidence_sequence.hpp"

namespace sotto::rollout {

/// Whether sessions fall to the canary as often as the percentage says, which may change as they
/// come. Against the null hypothesis of a session's odds share : (1 - share) stands a mixture over
/// odds that are e^θ times as high, θ from ±0.01 to ±4.7 and log-uniform in size, so that a slight
/// tilt is found in the end and a broken split at once. Each ratio is a martingale whatever the
/// shares, so their mean is one; with a constant share it is a mixture over the canary's
/// probability, as in Lindon and Malek 2022 ("Anytime-valid inference for multinomial count data"),
/// whose Beta prior does not follow a share that changes. Not thread-safe.
class SampleRatioTest {
  static constexpr std::size_t sizes = 45;  // of θ; each with both signs

 public:
  /// All that it knows, to be kept and gone on from.
  struct Kept {
    std::uint64_t canary = 0, control = 0;
    double expected = 0;
    std::array<double, 2 * sizes> log_ratio{};  ///< log likelihood ratio of each θ against 0
    friend bool operator==(const Kept&, const Kept&) = default;
  };

  SampleRatioTest() = default;
  explicit SampleRatioTest(const Kept& kept) : kept_(kept) {}
  const Kept& kept() const { return kept_; }

  /// A session came; `share` in (0, 1) is the chance that it fell to the canary. Others, where
  /// nothing was left to chance, are passed over and not counted.
  void add(bool canary, double share);

  /// The natural logarithm of the evidence that the shares are others; 0 without sessions. An alarm
  /// at log(1/alpha) is false with probability alpha at the most.
  double log_evidence() const;

  std::uint64_t canary() const { return kept_.canary; }
  std::uint64_t control() const { return kept_.control; }
  /// How many of them the canary should have: the sum of the shares.
  double expected_canary() const { return kept_.expected; }

 private:
  Kept kept_;
};

/// Whether the canary's sessions fail more often than control's. Only sessions that failed count,
/// each once, however often it failed: such a session is the canary's with the chance `share` if
/// the feature does no harm, whatever the hour and however many fail then, and with
/// r·share / (r·share + 1 - share) if the canary fails r times as often. The evidence is a mixture
/// over r from 1.05 to 20 (the Poisson rates of Lindon and Malek 2022, on a grid), four fifths of
/// it around 2. Not thread-safe.
class ExcessTest {
  // The grid is even in log r, two steps to a factor of 1.05. What is asked of r lies within ±reach
  // steps, and needs the likelihoods up to as many steps further.
  static constexpr std::size_t reach = 122, grid = 4 * reach + 1;

 public:
  /// All that it knows, to be kept and gone on from.
  struct Kept {
    std::uint64_t canary = 0, control = 0;
    double expected = 0;                   ///< sum of the shares
    std::array<double, grid> log_ratio{};  ///< log likelihood ratio of each r against 1
    friend bool operator==(const Kept&, const Kept&) = default;
  };

  ExcessTest() = default;
  explicit ExcessTest(const Kept& kept) : kept_(kept) {}
  const Kept& kept() const { return kept_; }

  /// A session failed; `share` in (0, 1) is the chance that it fell to the canary when it began.
  /// Others are passed over and not counted.
  void add(bool canary, double share);

  /// The natural logarithm of the evidence that the canary fails more often; 0 without failures. An
  /// alarm at log(1/alpha) is false with probability alpha at the most, also where the canary fails
  /// less often.
  double log_evidence() const;

  /// A confidence sequence for r: with probability 1 - alpha the true r is never below it, with
  /// 1 - alpha never above; so inside at all times with 1 - 2·alpha. `alpha` in (0, 1); for another
  /// it is everything. It holds what the test, asked of r in the place of 1 and in either
  /// direction, has not refused: `low` is at least 1 exactly when log_evidence() is at least
  /// log(1/alpha). In steps of 2.5 %, rounded outwards, from 1/19.6 to 19.6; beyond that from 0, to
  /// infinity.
  Interval ratio_interval(double alpha) const;

  std::uint64_t canary() const { return kept_.canary; }
  std::uint64_t control() const { return kept_.control; }

 private:
  // Of the canary failing more (or less) often than `ratios` at that index says.
  double log_evidence_above(std::size_t index) const;
  double log_evidence_below(std::size_t index) const;

  Kept kept_;
};

}  // namespace sotto::rollout

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
/// odds that are e^θ times as high, θ from ±0.01 to ±4.7, most of them from 0.1 to 0.8, so that a
/// slight tilt is found in the end and a broken split at once. Each ratio is a martingale whatever
/// the shares, so their mean is one; with a constant share it is a mixture over the canary's
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

  /// Whether odds that are `factor` times those of the share, or 1/factor, are refused, and with
  /// them all that lie further out: the likelihood of the share itself is 1/alpha times theirs. It
  /// is wrong with probability alpha at the most, at whatever time. False for no more than 1.01,
  /// the nearest.
  bool excludes(double factor, double alpha) const;

  std::uint64_t canary() const { return kept_.canary; }
  std::uint64_t control() const { return kept_.control; }
  /// How many of them the canary should have: the sum of the shares.
  double expected_canary() const { return kept_.expected; }

 private:
  Kept kept_;
};

}  // namespace sotto::rollout

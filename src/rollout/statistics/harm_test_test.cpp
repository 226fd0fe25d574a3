#include "rollout/statistics/harm_test.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sotto::rollout {
namespace {

constexpr double alpha = 0.05;

// The expectation of what `wealth` makes of a test over every way that ten sessions can fall; each
// has the value that it has, whatever its arm.
template <class Test, class Wealth>
double expected_wealth(Wealth wealth) {
  constexpr std::array<double, 10> shares{0.1, 0.1, 0.02, 0.5, 0.5, 0.25, 0.9, 0.1, 0.98, 0.5};
  constexpr std::array<double, 10> values{0, 1, 0.3, 0, 0, 1, 0.5, 0, 1, 1};
  double expectation = 0;
  for (unsigned ways = 0; ways < 1u << shares.size(); ++ways) {
    double probability = 1;
    Test test;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const bool canary = (ways >> i & 1) != 0;
      probability *= canary ? shares[i] : 1 - shares[i];
      test.add(canary, shares[i], values[i]);
    }
    expectation += probability * wealth(test);
  }
  return expectation;
}

// A martingale from 1, whatever the values and shares: so Ville's inequality holds for it.
TEST(HarmTest, ExpectsNoEvidenceWhereTheArmChangesNothing) {
  EXPECT_NEAR(
      expected_wealth<HarmTest>([](const HarmTest& test) { return std::exp(test.log_evidence()); }),
      1, 1e-12);
}

TEST(DifferenceRange, ExpectsNoEvidenceAgainstNoDifference) {
  constexpr std::size_t none = DifferenceRange::size / 2;
  ASSERT_EQ(DifferenceRange::grid()[none], 0);
  for (std::size_t stake = 0; stake < 2; ++stake) {
    EXPECT_NEAR(expected_wealth<DifferenceRange>([&](const DifferenceRange& range) {
                  return std::exp(range.log_above[none][stake]);
                }),
                1, 1e-12);
    EXPECT_NEAR(expected_wealth<DifferenceRange>([&](const DifferenceRange& range) {
                  return std::exp(range.log_below[none][stake]);
                }),
                1, 1e-12);
  }
}

TEST(HarmTest, KnowsNothingAtFirstAndPassesOverWhatWasNotLeftToChance) {
  HarmTest test;
  DifferenceRange range;
  for (const double share : {0.0, 1.0, -0.1, 1.5, std::nan("")}) {
    test.add(true, share, 1);
    range.add(false, share, 1);
  }
  EXPECT_EQ(test, HarmTest{});
  EXPECT_EQ(test.log_evidence(), 0);
  EXPECT_EQ(range.interval(alpha), (Interval{-1, 1}));
}

TEST(HarmTest, HoldsUnderContinuousLookingAndFindsWhatThereIs) {
  std::mt19937_64 random{20261130};
  const auto chance = [&](double probability) {
    return std::bernoulli_distribution(probability)(random);
  };
  constexpr int runs = 200;
  for (const double canary_rate : {0.05, 0.3}) {
    int found = 0, above = 0, below = 0;
    double width = 0;
    for (int run = 0; run < runs; ++run) {
      HarmTest test;
      DifferenceRange range;
      bool harm = false, is_above = false, is_below = false;
      for (int session = 0; session < 600; ++session) {
        const bool canary = chance(0.1);
        const double value = chance(canary ? canary_rate : 0.05) ? 1 : 0;
        test.add(canary, 0.1, value);
        range.add(canary, 0.1, value);
        harm = harm || test.log_evidence() >= -std::log(alpha);
        if (session % 20 != 0) continue;
        const Interval interval = range.interval(alpha);
        is_above = is_above || interval.low > canary_rate - 0.05 + 1e-9;
        is_below = is_below || interval.high < canary_rate - 0.05 - 1e-9;
      }
      found += harm;
      above += is_above;
      below += is_below;
      width += range.interval(alpha).high - range.interval(alpha).low;
    }
    // alpha and three standard deviations of luck
    EXPECT_LE(above, runs * 0.097) << canary_rate;
    EXPECT_LE(below, runs * 0.097) << canary_rate;
    EXPECT_LT(width / runs, 0.6);
    if (canary_rate == 0.05)
      EXPECT_LE(found, runs * 0.097);
    else
      EXPECT_GE(found, runs * 0.9);
  }
}

// The share is not what it should be, and errors come in both arms: no harm is seen in that.
TEST(HarmTest, TakesAnotherShareForNoHarm) {
  std::mt19937_64 random{7};
  int found = 0;
  for (int run = 0; run < 100; ++run) {
    HarmTest test;
    bool harm = false;
    for (int session = 0; session < 2000; ++session) {
      test.add(std::bernoulli_distribution(0.13)(random), 0.1,
               std::bernoulli_distribution(0.1)(random) ? 1 : 0);
      harm = harm || test.log_evidence() >= -std::log(0.001);
    }
    found += harm;
  }
  EXPECT_LE(found, 1);
}

TEST(LimitTest, FindsWhatComesLateAndNothingElse) {
  int found = 0;
  std::mt19937_64 random{5};
  for (int run = 0; run < 200; ++run) {
    LimitTest test;
    bool harm = false;
    for (int session = 0; session < 500; ++session) {
      test.add(std::bernoulli_distribution(0.05)(random) ? 1 : 0, 0.05);
      harm = harm || test.log_evidence() >= -std::log(alpha);
    }
    found += harm;
  }
  EXPECT_LE(found, 200 * 0.097) << "alpha and three standard deviations of luck";
  LimitTest late;
  for (int session = 0; session < 1000; ++session) late.add(0, 0.05);
  EXPECT_LT(late.log_evidence(), 0);
  for (int session = 0; session < 6; ++session) late.add(0.9, 0.05);
  EXPECT_GE(late.log_evidence(), -std::log(0.001));
}

TEST(DifferenceRange, ExcludesAtLastAllButTheGridAroundTheTruth) {
  std::mt19937_64 random{3};
  DifferenceRange range;
  for (int session = 0; session < 40'000; ++session) {
    const bool canary = std::bernoulli_distribution(0.5)(random);
    range.add(canary, 0.5, std::bernoulli_distribution(canary ? 0.35 : 0.1)(random) ? 1 : 0);
  }
  const Interval interval = range.interval(0.001);
  EXPECT_GE(interval.low, 0.15);
  EXPECT_LE(interval.high, 0.4);
  EXPECT_LE(range.interval(0.05).high, interval.high);
}

}  // namespace
}  // namespace sotto::rollout

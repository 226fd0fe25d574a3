#include "rollout/statistics/sequential_test.hpp"

#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

namespace sotto::rollout {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

struct Session {
  bool canary;
  double share;
};

const std::vector<Session> mixed{{true, 0.1},  {true, 0.1},  {false, 0.1},
                                 {true, 0.25}, {false, 0.5}, {true, 0.1}};

template <class Test>
Test after(const std::vector<Session>& sessions) {
  Test test;
  for (const auto& [canary, share] : sessions) test.add(canary, share);
  return test;
}

std::vector<Session> repeated(int canary, int control, double share) {
  std::vector<Session> sessions(static_cast<std::size_t>(canary), Session{true, share});
  sessions.resize(static_cast<std::size_t>(canary + control), Session{false, share});
  return sessions;
}

// Computed from the probabilities in another language, without logarithms.
TEST(SampleRatioTest, ThePinnedValueHolds) {
  const auto test = after<SampleRatioTest>(mixed);
  EXPECT_NEAR(test.log_evidence(), 1.47414633155108, 1e-13);
  EXPECT_EQ(test.canary(), 4u);
  EXPECT_EQ(test.control(), 2u);
  EXPECT_DOUBLE_EQ(test.expected_canary(), 1.15);
}

TEST(ExcessTest, ThePinnedValuesHold) {
  const auto test = after<ExcessTest>(mixed);
  EXPECT_NEAR(test.log_evidence(), 2.35508167790963, 1e-13);
  EXPECT_NEAR(test.ratio_interval(0.2).low, 1.66912030435246, 1e-13);
  EXPECT_EQ(test.ratio_interval(0.2).high, infinite);
  const auto more = after<ExcessTest>(repeated(30, 70, 0.1));
  EXPECT_NEAR(more.log_evidence(), 13.5559824726936, 1e-11);
  EXPECT_NEAR(more.ratio_interval(0.001).low, 1.51394131914055, 1e-12);
  EXPECT_NEAR(more.ratio_interval(0.001).high, 8.76846976111278, 1e-12);
}

TEST(SequentialTests, KnowNothingAtFirst) {
  EXPECT_EQ(SampleRatioTest{}.log_evidence(), 0);
  EXPECT_EQ(ExcessTest{}.log_evidence(), 0);
  EXPECT_EQ(ExcessTest{}.ratio_interval(0.001), (Interval{0, infinite}));
}

TEST(SequentialTests, PassOverSessionsThatNothingWasLeftToChanceFor) {
  SampleRatioTest ratio;
  ExcessTest excess;
  for (const double share : {0.0, 1.0, -0.1, 1.5, infinite, std::nan("")})
    for (const bool canary : {false, true}) {
      ratio.add(canary, share);
      excess.add(canary, share);
    }
  EXPECT_EQ(ratio.log_evidence(), 0);
  EXPECT_EQ(ratio.canary() + ratio.control(), 0u);
  EXPECT_EQ(ratio.expected_canary(), 0);
  EXPECT_EQ(excess.log_evidence(), 0);
  EXPECT_EQ(excess.canary() + excess.control(), 0u);
}

TEST(SequentialTests, TinySharesAndManySessionsOverflowNothing) {
  const double tiny = std::numeric_limits<double>::denorm_min(), most = std::nextafter(1, 0);
  const std::vector<Session> extremes{{true, tiny}, {false, tiny}, {true, most}, {false, most}};
  EXPECT_TRUE(std::isfinite(after<SampleRatioTest>(extremes).log_evidence()));
  EXPECT_TRUE(std::isfinite(after<ExcessTest>(extremes).log_evidence()));
  const auto all_canary = after<ExcessTest>(repeated(20'000, 0, 0.1));
  EXPECT_GT(all_canary.log_evidence(), 20'000);
  EXPECT_TRUE(std::isfinite(all_canary.log_evidence()));
  EXPECT_GT(all_canary.ratio_interval(0.001).low, 19);
  EXPECT_EQ(all_canary.ratio_interval(0.001).high, infinite);
  const auto none_canary = after<ExcessTest>(repeated(0, 20'000, 0.1));
  EXPECT_LT(none_canary.log_evidence(), -100);
  EXPECT_EQ(none_canary.ratio_interval(0.001).low, 0);
  EXPECT_LT(none_canary.ratio_interval(0.001).high, 0.06);
  const auto even = after<SampleRatioTest>(repeated(50'000, 50'000, 0.5));
  EXPECT_LT(even.log_evidence(), 0);
}

TEST(ExcessTest, AnIntervalForAnAlphaThatIsNoneIsEverything) {
  const auto test = after<ExcessTest>(repeated(30, 70, 0.1));
  for (const double alpha : {0.0, 1.0, -1.0, 2.0, std::nan("")})
    EXPECT_EQ(test.ratio_interval(alpha), (Interval{0, infinite})) << alpha;
}

// The expectation of exp(evidence) over every way that ten sessions can fall, their odds `ratio`
// times those of their shares.
template <class Test>
double expected_evidence(double ratio) {
  constexpr std::array<double, 10> shares{0.1, 0.1, 0.01, 0.5, 0.5, 0.25, 0.9, 0.1, 0.02, 0.5};
  double expectation = 0;
  for (unsigned ways = 0; ways < 1u << shares.size(); ++ways) {
    double probability = 1;
    Test test;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const bool canary = (ways >> i & 1) != 0;
      const double share = ratio * shares[i] / (ratio * shares[i] + 1 - shares[i]);
      probability *= canary ? share : 1 - share;
      test.add(canary, shares[i]);
    }
    expectation += probability * std::exp(test.log_evidence());
  }
  return expectation;
}

// A martingale from 1, whatever the shares: so Ville's inequality holds for it.
TEST(SequentialTests, ExpectNoEvidenceWhereThereIsNothing) {
  EXPECT_NEAR(expected_evidence<SampleRatioTest>(1), 1, 1e-12);
  EXPECT_NEAR(expected_evidence<ExcessTest>(1), 1, 1e-12);
  EXPECT_LT(expected_evidence<ExcessTest>(0.7), 1) << "the canary does better";
  EXPECT_GT(expected_evidence<ExcessTest>(2), 1.5);
  EXPECT_GT(expected_evidence<SampleRatioTest>(2), 1.5);
  EXPECT_GT(expected_evidence<SampleRatioTest>(0.5), 1.2);
}

TEST(ExcessTest, HoldsUnderContinuousLooking) {
  std::mt19937_64 random{20261124};
  constexpr int runs = 200, failures = 150;
  constexpr double alpha = 0.05;
  for (const double ratio : {1.0, 3.03}) {  // one on the grid, one beside it
    int alarms = 0, above = 0, below = 0;
    std::bernoulli_distribution falls_to_canary(ratio * 0.1 / (ratio * 0.1 + 0.9));
    for (int run = 0; run < runs; ++run) {
      ExcessTest test;
      bool alarm = false, is_above = false, is_below = false;
      for (int failure = 0; failure < failures; ++failure) {
        test.add(falls_to_canary(random), 0.1);
        alarm = alarm || test.log_evidence() >= -std::log(alpha);
        const Interval interval = test.ratio_interval(alpha);
        is_above = is_above || interval.low > ratio;
        is_below = is_below || interval.high < ratio;
      }
      alarms += alarm;
      above += is_above;
      below += is_below;
    }
    // alpha and three standard deviations of luck
    EXPECT_LE(above, runs * 0.097) << ratio;
    EXPECT_LE(below, runs * 0.097) << ratio;
    if (ratio == 1) {
      EXPECT_LE(alarms, runs * 0.097);
    } else {
      EXPECT_GE(alarms, runs * 0.95);
    }
  }
}

std::vector<Session> some_sessions() {
  const auto draws = *rc::gen::container<std::vector<std::pair<bool, int>>>(
      *rc::gen::inRange<std::size_t>(0, 40),
      rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::inRange(1, 100)));
  std::vector<Session> sessions;
  for (const auto& [canary, percentage] : draws) sessions.push_back({canary, percentage / 100.0});
  return sessions;
}

RC_GTEST_PROP(ExcessTestProperties, TheIntervalAgreesWithTheTest, ()) {
  const auto test = after<ExcessTest>(some_sessions());
  for (const double alpha : {0.5, 0.05, 0.001}) {
    const Interval interval = test.ratio_interval(alpha);
    RC_ASSERT(interval.low < interval.high);
    RC_ASSERT((interval.low >= 1) == (test.log_evidence() >= -std::log(alpha)));
    const Interval wider = test.ratio_interval(alpha / 2);
    RC_ASSERT(wider.low <= interval.low && interval.high <= wider.high);
  }
}

RC_GTEST_PROP(ExcessTestProperties, TheOtherArmsRatioIsTheInverse, ()) {
  auto sessions = some_sessions();
  const Interval one = after<ExcessTest>(sessions).ratio_interval(0.05);
  for (auto& [canary, share] : sessions) {
    canary = !canary;
    share = 1 - share;
  }
  const Interval other = after<ExcessTest>(sessions).ratio_interval(0.05);
  RC_ASSERT(std::abs(one.low * other.high - 1) < 0.03 || (one.low == 0 && other.high == infinite));
  RC_ASSERT(std::abs(one.high * other.low - 1) < 0.03 || (one.high == infinite && other.low == 0));
}

RC_GTEST_PROP(SampleRatioTestProperties, BothArmsAreAlikeAndTheSameSessionsGiveTheSameBits, ()) {
  auto sessions = some_sessions();
  const double one = after<SampleRatioTest>(sessions).log_evidence();
  RC_ASSERT(after<SampleRatioTest>(sessions).log_evidence() == one);
  for (auto& [canary, share] : sessions) {
    canary = !canary;
    share = 1 - share;
  }
  RC_ASSERT(std::abs(after<SampleRatioTest>(sessions).log_evidence() - one) < 1e-9);
}

}  // namespace
}  // namespace sotto::rollout

#include "rollout/statistics/confidence_sequence.hpp"

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace sotto::rollout {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
const Interval everything{-infinite, infinite};

// Of `count` values with that mean and standard deviation.
Moments moments(std::uint64_t count, double mean, double deviation) {
  return {count, mean, static_cast<double>(count - 1) * deviation * deviation};
}

Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  for (const double value : values) moments.add(value);
  return moments;
}

void expect_near(const Interval& interval, double low, double high) {
  EXPECT_NEAR(interval.low, low, 1e-12 * std::abs(low));
  EXPECT_NEAR(interval.high, high, 1e-12 * std::abs(high));
}

TEST(Moments, AreThoseOfTheTextbook) {
  const Moments sample = moments_of({2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(sample.count, 8u);
  EXPECT_DOUBLE_EQ(sample.mean, 5);
  EXPECT_DOUBLE_EQ(sample.squares, 32);
  EXPECT_DOUBLE_EQ(sample.variance(), 32.0 / 7);
  EXPECT_EQ(Moments{}.variance(), 0);
  EXPECT_EQ(moments_of({3}).variance(), 0);
}

TEST(Moments, PassOverWhatIsNotFinite) {
  EXPECT_EQ(moments_of({1, std::nan(""), 2, infinite, -infinite}), moments_of({1, 2}));
}

TEST(Moments, LoseNothingFarFromZero) {
  Moments far;
  for (int i = 0; i < 1'000'000; ++i) far.add(1e9 + i % 2);
  EXPECT_NEAR(far.variance(), 0.25, 1e-4);
}

// Computed from the formulas in another language, K and R as they stand, without logarithms.
TEST(ConfidenceSequence, ThePinnedValuesHold) {
  expect_near(mean_interval({12, 3.5, 20}, 0.001), 1.11901598927813, 5.88098401072187);
  expect_near(mean_interval({500, -1, 499}, 0.05), -1.14792005672153, -0.852079943278474);
  const Moments control{180, 7.8, 21.5};
  expect_near(difference_interval({20, 8.2, 2.4}, control, 0.001), 0.000505733421052645,
              0.799494266578946);
  expect_near(difference_interval({20, 8.2, 9.6}, control, 0.001), -0.390056614667612,
              1.19005661466761);
  expect_near(difference_interval({40, 8.2, 1.2}, {40, 7.8, 21.5}, 0.01), -0.0221068485723154,
              0.822106848572314);
}

TEST(ConfidenceSequence, AMillionSessionsAreNoTrouble) {
  const Interval interval =
      difference_interval({1'000'000, 8.001, 122'500}, {9'000'000, 8, 1'102'500}, 0.001);
  EXPECT_NEAR(interval.low, -0.000886239740832365, 1e-12);
  EXPECT_NEAR(interval.high, 0.00288623974083126, 1e-12);
  const Interval mean = mean_interval(moments(1'000'000'000'000, 8, 0.35), 1e-12);
  EXPECT_GT(mean.low, 8 - 1e-5);
  EXPECT_LT(mean.high, 8 + 1e-5);
}

// The Bayes factor of the mixture, as published: at the end of an interval it is 1/(2·alpha).
TEST(ConfidenceSequence, EndsWhereTheBayesFactorSaysSo) {
  for (const double n : {8.0, 30.0, 1000.0, 1e6})
    for (const double alpha : {0.001, 0.05, 0.3}) {
      const Moments sample = moments(static_cast<std::uint64_t>(n), 0, 1);
      const double t = mean_interval(sample, alpha).high * std::sqrt(n), degrees = n - 1;
      const double factor =
          std::pow((1 + t * t / degrees) / (1 + t * t / (degrees * (1 + n))), n / 2) /
          std::sqrt(1 + n);
      EXPECT_NEAR(factor * 2 * alpha, 1, 1e-6) << n << " at " << alpha;
    }
}

TEST(ConfidenceSequence, IsEverythingWhereNothingIsKnown) {
  const Moments enough = moments(100, 8, 0.35);
  EXPECT_EQ(mean_interval({}, 0.001), everything);
  EXPECT_EQ(mean_interval(moments_of({1, 2}), 0.4), everything);
  EXPECT_EQ(mean_interval(moments(6, 8, 0.35), 0.001), everything);
  EXPECT_NE(mean_interval(moments(7, 8, 0.35), 0.001), everything);
  EXPECT_EQ(difference_interval({}, enough, 0.001), everything);
  EXPECT_EQ(difference_interval(moments_of({8}), enough, 0.001), everything);
  EXPECT_EQ(difference_interval(enough, moments_of({8}), 0.001), everything);
  EXPECT_EQ(difference_interval(moments(6, 8, 0.35), moments(54, 8, 0.35), 0.001), everything);
  EXPECT_NE(difference_interval(moments(7, 8, 0.35), moments(63, 8, 0.35), 0.001), everything);
  for (const double alpha : {0.0, 0.5, -0.1, 1.0, std::nan("")}) {
    EXPECT_EQ(mean_interval(enough, alpha), everything) << alpha;
    EXPECT_EQ(difference_interval(enough, enough, alpha), everything) << alpha;
  }
}

// Thirty times the same value is no proof that the next one will be the same.
TEST(ConfidenceSequence, DoesNotCollapseWithoutVariance) {
  const Moments same = moments(30, 8, 0), other = moments(30, 9, 0);
  EXPECT_EQ(mean_interval(same, 0.001), everything);
  EXPECT_EQ(difference_interval(same, other, 0.001), everything);
  const Interval one_varies = difference_interval(same, moments(30, 9, 1), 0.001);
  EXPECT_GT(one_varies.high - one_varies.low, 1.5);
}

TEST(ConfidenceSequence, IsEverythingWhereTheFiguresOverflow) {
  EXPECT_EQ(mean_interval({100, 0, infinite}, 0.001), everything);
  EXPECT_EQ(difference_interval({100, 1e308, 1}, {100, -1e308, 1}, 0.001), everything);
}

// A handful that lie close together by luck, beside many that do not.
TEST(ConfidenceSequence, AFewCloseValuesDoNotPassForASmallVariance) {
  const Moments control = moments(45, 8, 0.35);
  EXPECT_EQ(difference_interval(moments(5, 9, 1e-6), control, 0.001), everything);
}

struct Draw {
  double share, canary_deviation;
};

// How often the interval of a difference of 0 does not hold 0 at every look: above, below.
std::pair<double, double> misses(const Draw& draw, double alpha, std::mt19937_64 random) {
  std::normal_distribution<> normal;
  std::bernoulli_distribution falls_to_canary(draw.share);
  constexpr int runs = 400, sessions = 600;
  int above = 0, below = 0;
  for (int run = 0; run < runs; ++run) {
    Moments canary, control;
    bool is_above = false, is_below = false;
    for (int session = 0; session < sessions; ++session) {
      if (falls_to_canary(random))
        canary.add(normal(random) * draw.canary_deviation);
      else
        control.add(normal(random));
      const Interval interval = difference_interval(canary, control, alpha);
      is_above = is_above || interval.low > 0;
      is_below = is_below || interval.high < 0;
    }
    above += is_above;
    below += is_below;
  }
  return {above / double{runs}, below / double{runs}};
}

// At 5 %, where 400 runs tell: three standard deviations are 3.3 %.
TEST(ConfidenceSequence, HoldsUnderContinuousLooking) {
  for (const Draw& draw :
       {Draw{0.1, 1}, Draw{0.1, 2}, Draw{0.1, 0.5}, Draw{0.5, 1}, Draw{0.5, 2}}) {
    const auto [above, below] = misses(draw, 0.05, std::mt19937_64{20261124});
    EXPECT_LE(above, 0.05 + 0.033) << draw.share << " " << draw.canary_deviation;
    EXPECT_LE(below, 0.05 + 0.033) << draw.share << " " << draw.canary_deviation;
  }
}

std::vector<double> some_values() {
  const auto hundredths = *rc::gen::container<std::vector<int>>(
      *rc::gen::inRange<std::size_t>(8, 60), rc::gen::inRange(-1000, 1001));
  std::vector<double> values;
  for (const int value : hundredths) values.push_back(value / 100.0);
  return values;
}

std::vector<double> changed(std::vector<double> values, double scale, double shift) {
  for (double& value : values) value = value * scale + shift;
  return values;
}

void assert_near(double actual, double expected, double tolerance) {
  if (std::isinf(expected))
    RC_ASSERT(actual == expected);
  else
    RC_ASSERT(std::abs(actual - expected) <= tolerance);
}

RC_GTEST_PROP(ConfidenceSequenceProperties, ASwapOfTheSamplesIsAChangeOfSign, ()) {
  const Moments a = moments_of(some_values()), b = moments_of(some_values());
  const Interval one = difference_interval(a, b, 0.01), other = difference_interval(b, a, 0.01);
  assert_near(one.low, -other.high, 1e-9);
  assert_near(one.high, -other.low, 1e-9);
}

RC_GTEST_PROP(ConfidenceSequenceProperties, FollowsTheUnitAndTheOrigin, ()) {
  const auto a = some_values(), b = some_values();
  const double scale = *rc::gen::inRange(1, 1000) / 10.0, shift = *rc::gen::inRange(-500, 500);
  const Interval plain = difference_interval(moments_of(a), moments_of(b), 0.01);
  const Interval moved = difference_interval(moments_of(changed(a, scale, shift)),
                                             moments_of(changed(b, scale, shift)), 0.01);
  assert_near(moved.low, plain.low * scale, 1e-8 * scale);
  assert_near(moved.high, plain.high * scale, 1e-8 * scale);
  const Interval mean = mean_interval(moments_of(a), 0.01);
  const Interval moved_mean = mean_interval(moments_of(changed(a, scale, shift)), 0.01);
  assert_near(moved_mean.low, mean.low * scale + shift, 1e-8 * scale);
  assert_near(moved_mean.high, mean.high * scale + shift, 1e-8 * scale);
}

RC_GTEST_PROP(ConfidenceSequenceProperties, ASmallerAlphaIsWiderAndTheSameInputTheSameBits, ()) {
  const Moments a = moments_of(some_values()), b = moments_of(some_values());
  const Interval narrow = difference_interval(a, b, 0.05), wide = difference_interval(a, b, 0.001);
  RC_ASSERT(wide.low <= narrow.low && narrow.high <= wide.high);
  RC_ASSERT(narrow.low <= a.mean - b.mean && a.mean - b.mean <= narrow.high);
  RC_ASSERT(difference_interval(a, b, 0.05) == narrow);
}

}  // namespace
}  // namespace sotto::rollout

#include "rollout/statistics/rank_test.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace sotto::rollout {
namespace {

using std::chrono::hours;

const UtcTime noon{hours{24 * 365 * 50 + 12}};

TEST(Reference, ComparesWithThoseThatAreLikeIt) {
  Reference reference;
  const auto english = Reference::kind("en", noon), spanish = Reference::kind("es", noon);
  EXPECT_TRUE(reference.like(english).empty()) << "there is nothing yet";
  for (int i = 0; i < 20; ++i) reference.add(1, english);
  for (int i = 0; i < 10; ++i) reference.add(2, spanish);
  EXPECT_EQ(reference.like(english), std::vector<double>(20, 1.0));
  EXPECT_EQ(reference.like(spanish).size(), 30u) << "too few of its own";
  for (int i = 0; i < 40; ++i) reference.add(3, Reference::kind("en", noon + hours{11}));
  EXPECT_EQ(reference.like(Reference::kind("en", noon + hours{9})), std::vector<double>(40, 3.0));
  EXPECT_EQ(reference.like(Reference::kind("en", noon + hours{14})), std::vector<double>(40, 3.0))
      << "one o'clock is two hours from eleven";
}

TEST(Reference, ForgetsTheOldest) {
  Reference reference;
  for (int i = 0; i < 1000; ++i) reference.add(i, Reference::kind("", noon));
  EXPECT_EQ(reference.values.size(), 192u);
  EXPECT_EQ(reference.values.front().value, 808);
  reference.add(std::nan(""), {});
  EXPECT_EQ(reference.values.back().value, 999);
}

TEST(RankAmong, IsEvenAroundTheMiddle) {
  const std::vector<double> values{1, 2, 2, 3};
  EXPECT_DOUBLE_EQ(rank_among(values, 2), 0);
  EXPECT_DOUBLE_EQ(rank_among(values, 0), -0.8);
  EXPECT_DOUBLE_EQ(rank_among(values, 4), 0.8);
  EXPECT_NEAR(rank_among(values, 1.5) + rank_among(values, 2.5), 0, 1e-12);
}

// A martingale from 1, whatever the ranks and shares: so Ville's inequality holds for it.
TEST(RankTest, ExpectsNoEvidenceWhereTheArmChangesNothing) {
  constexpr std::array<double, 10> shares{0.1, 0.1, 0.02, 0.5, 0.5, 0.25, 0.9, 0.1, 0.98, 0.5};
  constexpr std::array<double, 10> ranks{0.9, -1, 0.3, 0, 0.99, 1, 0.5, -0.2, 1, 1};
  double expectation = 0;
  for (unsigned ways = 0; ways < 1u << shares.size(); ++ways) {
    double probability = 1;
    RankTest test;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const bool canary = (ways >> i & 1) != 0;
      probability *= canary ? shares[i] : 1 - shares[i];
      test.add(canary, shares[i], ranks[i]);
    }
    expectation += probability * std::exp(test.log_evidence());
  }
  EXPECT_NEAR(expectation, 1, 1e-12);
}

struct Outcome {
  int found = 0, above = 0, below = 0;
};

// Of `runs` rollouts with `share` of the sessions in the canary, whose values are `value(canary)`.
Outcome play(int runs, int sessions, double share, double shift, double alpha,
             const std::function<double(bool, int, std::mt19937_64&)>& value) {
  Outcome outcome;
  std::mt19937_64 random{11};
  for (int run = 0; run < runs; ++run) {
    Reference reference;
    RankTest test;
    ShiftRange range;
    bool found = false, above = false, below = false;
    for (int session = 0; session < sessions; ++session) {
      const bool canary = std::bernoulli_distribution(share)(random);
      const auto kind = Reference::kind("", noon + std::chrono::minutes{18 * session});
      const double drawn = value(canary, session, random) + (canary ? shift : 0);
      if (const auto among = reference.like(kind); !among.empty()) {
        test.add(canary, share, rank_among(among, drawn));
        range.add(canary, share, drawn, among);
      }
      if (!canary) reference.add(drawn, kind);
      found = found || test.log_evidence() >= -std::log(alpha);
      if (session % 25 != 0) continue;
      const Interval interval = range.interval(alpha);
      above = above || interval.low > shift + 1e-9;
      below = below || interval.high < shift - 1e-9;
    }
    outcome.found += found;
    outcome.above += above;
    outcome.below += below;
  }
  return outcome;
}

TEST(RankTest, HoldsWhateverTheValuesAre) {
  std::normal_distribution<> normal;
  const std::function<double(bool, int, std::mt19937_64&)> shapes[] = {
      [&](bool, int, auto& random) { return 0.35 * normal(random); },
      [&](bool, int, auto& random) { return std::exponential_distribution<>(1.5)(random); },
      [&](bool canary, int, auto& random) { return 0.35 * normal(random) * (canary ? 2.5 : 1); },
      [&](bool, int at, auto& random) { return 0.35 * normal(random) + 0.001 * at; },
      [&](bool, int at, auto& random) {
        return 0.35 * normal(random) + (at / 60 % 3 == 0 ? 2 : 0);
      },
      [&](bool, int, auto& random) {
        return 0.2 * normal(random) + (std::bernoulli_distribution(0.2)(random) ? 1.4 : 0);
      }};
  for (const auto& shape : shapes) {
    const Outcome outcome = play(150, 400, 0.1, 0, 0.05, shape);
    // alpha and three standard deviations of luck
    EXPECT_LE(outcome.found, 150 * 0.103) << &shape - shapes;
    EXPECT_LE(outcome.above, 150 * 0.103) << &shape - shapes;
    EXPECT_LE(outcome.below, 150 * 0.103) << &shape - shapes;
  }
}

TEST(RankTest, FindsAShiftThatTheRangeHolds) {
  std::normal_distribution<> normal;
  const auto value = [&](bool, int, std::mt19937_64& random) { return 0.35 * normal(random); };
  const Outcome outcome = play(60, 1200, 0.1, std::log(1.5), 0.001, value);
  EXPECT_EQ(outcome.found, 60);
  EXPECT_LE(outcome.above + outcome.below, 1);
}

}  // namespace
}  // namespace sotto::rollout

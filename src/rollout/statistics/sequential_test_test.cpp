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
  EXPECT_NEAR(test.log_evidence(), 1.02880181897539, 1e-13);
  EXPECT_EQ(test.canary(), 4u);
  EXPECT_EQ(test.control(), 2u);
  EXPECT_DOUBLE_EQ(test.expected_canary(), 1.15);
}

TEST(SequentialTests, KnowNothingAtFirst) {
  EXPECT_EQ(SampleRatioTest{}.log_evidence(), 0);
  EXPECT_FALSE(SampleRatioTest{}.excludes(10, 0.5));
}

TEST(SequentialTests, PassOverSessionsThatNothingWasLeftToChanceFor) {
  SampleRatioTest ratio;
  for (const double share : {0.0, 1.0, -0.1, 1.5, infinite, std::nan("")})
    for (const bool canary : {false, true}) ratio.add(canary, share);
  EXPECT_EQ(ratio.log_evidence(), 0);
  EXPECT_EQ(ratio.canary() + ratio.control(), 0u);
  EXPECT_EQ(ratio.expected_canary(), 0);
}

TEST(SequentialTests, TinySharesAndManySessionsOverflowNothing) {
  const double tiny = std::numeric_limits<double>::denorm_min(), most = std::nextafter(1, 0);
  const std::vector<Session> extremes{{true, tiny}, {false, tiny}, {true, most}, {false, most}};
  EXPECT_TRUE(std::isfinite(after<SampleRatioTest>(extremes).log_evidence()));
  const auto even = after<SampleRatioTest>(repeated(50'000, 50'000, 0.5));
  EXPECT_LT(even.log_evidence(), 0);
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

TEST(SampleRatioTest, ExcludesOddsThatTheSessionsSpeakAgainst) {
  const auto even = after<SampleRatioTest>(repeated(200, 1800, 0.1));
  EXPECT_TRUE(even.excludes(1.3, 0.05));
  EXPECT_FALSE(even.excludes(1.05, 0.05)) << "too close to be told";
  EXPECT_FALSE(even.excludes(1.005, 0.05)) << "closer than any";
  const auto tilted = after<SampleRatioTest>(repeated(260, 1740, 0.1));
  EXPECT_FALSE(tilted.excludes(1.3, 0.05)) << "that is what they are";
}

// A martingale from 1, whatever the shares: so Ville's inequality holds for it.
TEST(SequentialTests, ExpectNoEvidenceWhereThereIsNothing) {
  EXPECT_NEAR(expected_evidence<SampleRatioTest>(1), 1, 1e-12);
  EXPECT_GT(expected_evidence<SampleRatioTest>(2), 1.5);
  EXPECT_GT(expected_evidence<SampleRatioTest>(0.5), 1.1);
}

std::vector<Session> some_sessions() {
  const auto draws = *rc::gen::container<std::vector<std::pair<bool, int>>>(
      *rc::gen::inRange<std::size_t>(0, 40),
      rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::inRange(1, 100)));
  std::vector<Session> sessions;
  for (const auto& [canary, percentage] : draws) sessions.push_back({canary, percentage / 100.0});
  return sessions;
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

#include "server/http/miss_limiter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace sotto::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr MissLimiter::Clock::time_point start{hours{1000}};

// How many of `tries` look-ups of ids that are not there are made.
int guesses(MissLimiter& limiter, const std::string& client, int tries,
            MissLimiter::Clock::time_point now) {
  int made = 0;
  for (int i = 0; i < tries; ++i) made += limiter.begin(client, "guess-" + std::to_string(i), now);
  return made;
}

TEST(MissLimiter, GuessingTakesYears) {
  MissLimiter limiter;
  EXPECT_EQ(guesses(limiter, "192.0.2.1", 100'000, start), 60);
  int made = 0;
  for (int minute = 1; minute <= 24 * 60; ++minute)
    made += guesses(limiter, "192.0.2.1", 100, start + minutes{minute});
  EXPECT_EQ(made, 24 * 60);
  EXPECT_GT(3.7e6 / made / 365, 5) << "years";
  EXPECT_EQ(limiter.wait(), minutes{1});
}

TEST(MissLimiter, NothingIsLookedUpWithoutATokenSoThatNothingIsLearnt) {
  MissLimiter limiter;
  guesses(limiter, "192.0.2.1", 100, start);
  EXPECT_FALSE(limiter.begin("192.0.2.1", "a-talk-that-is-there", start));
  EXPECT_TRUE(limiter.begin("192.0.2.2", "a-talk-that-is-there", start)) << "others look";
}

TEST(MissLimiter, AHallGoesOnWithTheTalkThatItHasFound) {
  MissLimiter limiter;
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(limiter.begin("192.0.2.1", "the-talk-1", start));
    limiter.found("192.0.2.1", "the-talk-1", start);
  }
  EXPECT_EQ(guesses(limiter, "192.0.2.1", 100, start), 60) << "finding costs nothing";
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(limiter.begin("192.0.2.1", "the-talk-1", start));
}

TEST(MissLimiter, WhatIsUndecidedCostsNothingAndAWrongTokenCostsAsMuch) {
  MissLimiter limiter(2, 1);
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(limiter.begin("a", "x", start));
    limiter.undecided("a", "x", start);
  }
  limiter.missed("a", start);
  EXPECT_EQ(guesses(limiter, "a", 9, start), 1);
}

TEST(MissLimiter, AnIpv6CustomerIsOne) {
  MissLimiter limiter;
  int made = 0;
  for (int i = 0; i < 5000; ++i) {
    std::array<char, 40> client{};
    std::snprintf(client.data(), client.size(), "2001:db8:1:%x::", i);
    made += guesses(limiter, client.data(), 100, start);
  }
  EXPECT_EQ(made, 240);
}

TEST(MissLimiter, WhoBeginsSessionsMakesNobodyForgetTheirTalk) {
  MissLimiter limiter;
  ASSERT_TRUE(limiter.begin("hall", "our-talk", start));
  limiter.found("hall", "our-talk", start);
  guesses(limiter, "hall", 100, start);
  for (std::size_t i = 0; i < 3 * MissLimiter::max_found; ++i)
    limiter.told("hall", "theirs-" + std::to_string(i), start);
  EXPECT_TRUE(limiter.begin("hall", "our-talk", start));
  EXPECT_FALSE(limiter.begin("hall", "another-talk", start));
}

TEST(MissLimiter, TheTalkThatIsFollowedIsRememberedTheLongest) {
  MissLimiter limiter;
  for (std::size_t i = 0; i < 2 * MissLimiter::max_found; ++i) {
    for (const std::string& id : {std::string("followed"), std::to_string(i)}) {
      ASSERT_TRUE(limiter.begin("hall", id, start));
      limiter.found("hall", id, start);
    }
  }
  guesses(limiter, "hall", 100, start);
  EXPECT_TRUE(limiter.begin("hall", "followed", start));
}

TEST(MissLimiter, ItsMemoryIsBounded) {
  MissLimiter limiter(1, 0.001);
  EXPECT_EQ(guesses(limiter, "192.0.2.1", 2, start), 1);
  for (int i = 0; i < 30'000; ++i)
    EXPECT_EQ(guesses(limiter, std::to_string(i), 2, start + minutes{1}), 1) << "all may look";
  for (std::size_t i = 0; i < 2 * MissLimiter::max_found; ++i) {
    limiter.begin("b", std::to_string(i), start + hours{999});
    limiter.found("b", std::to_string(i), start + hours{999});
  }
  guesses(limiter, "b", 1, start + hours{999});
  EXPECT_FALSE(limiter.begin("b", "0", start + hours{999})) << "the first ids are forgotten";
  EXPECT_TRUE(
      limiter.begin("b", std::to_string(2 * MissLimiter::max_found - 1), start + hours{999}));
}

}  // namespace
}  // namespace sotto::server

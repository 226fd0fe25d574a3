#include "pipeline/session/session_alarms.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sotto::pipeline {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using telemetry::Counter;

// At a multiple of five minutes.
constexpr UtcTime noon{std::chrono::hours{24 * 365 * 56 + 12}};

class SessionAlarmsTest : public ::testing::Test {
 protected:
  std::map<std::string, std::uint64_t> counted() const {
    const auto snapshot = metrics.snapshot();
    EXPECT_TRUE(snapshot[static_cast<std::size_t>(telemetry::Arm::control)].empty());
    std::map<std::string, std::uint64_t> counted;
    for (std::size_t i = 0; i < telemetry::counter_count; ++i)
      if (const auto count = snapshot[0].counters[i])
        counted[std::string(info(telemetry::counter_at(i)).cloudwatch)] = count;
    return counted;
  }
  using Counted = std::map<std::string, std::uint64_t>;

  telemetry::Metrics metrics;
  SessionAlarms alarms{&metrics, telemetry::Arm::canary};
};

TEST_F(SessionAlarmsTest, ASessionCountsOnceInFiveMinutes) {
  for (int second = 5; second < 300; ++second) alarms.active(noon + seconds{second});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 1}}));
  for (int second = 300; second < 3600; ++second) alarms.active(noon + seconds{second});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 12}}));
}

TEST_F(SessionAlarmsTest, WhateverHappensToItItIsActive) {
  alarms.failed(noon + seconds{10});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 1}, {"SessionsFailing", 1}}));
  alarms.active(noon + seconds{11});
  alarms.failed(noon + seconds{12});
  alarms.fell_back(noon + seconds{13});
  alarms.fell_back(noon + minutes{4});
  EXPECT_EQ(counted(),
            (Counted{{"SessionsActive", 1}, {"SessionsFailing", 1}, {"SessionsFallingBack", 1}}));
}

TEST_F(SessionAlarmsTest, FiveSecondsAreNotLate) {
  alarms.delivered(milliseconds{5000}, noon + seconds{10});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 1}}));
  alarms.delivered(milliseconds{5001}, noon + seconds{10});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 1}, {"SessionsLate", 1}}));
}

TEST_F(SessionAlarmsTest, DropsCountByTheMinute) {
  alarms.dropped(100, noon + seconds{59});
  alarms.dropped(100, noon + seconds{60});
  EXPECT_EQ(counted(), Counted{});
  alarms.dropped(1, noon + seconds{119});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 1}, {"SessionsDropping", 1}}));
}

TEST_F(SessionAlarmsTest, TenOrphansCountAtTheEnd) {
  alarms.ended(9, noon + seconds{10});
  EXPECT_EQ(counted(), Counted{});
  SessionAlarms other{&metrics, telemetry::Arm::canary};
  other.active(noon + seconds{10});
  other.ended(10, noon + minutes{7});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 2}, {"SessionsOrphaning", 1}}));
}

// The monitor may collect a minute a little after its end: what is counted in these seconds would
// be in the five minutes before.
TEST_F(SessionAlarmsTest, WhatHappensAtTheVeryBeginningIsCountedALittleLater) {
  alarms.failed(noon + seconds{1});
  EXPECT_EQ(counted(), Counted{});
  alarms.active(noon + seconds{5});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 1}, {"SessionsFailing", 1}}));
  alarms.failed(noon + minutes{5});
  alarms.ended(0, noon + minutes{5} + seconds{3});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 2}, {"SessionsFailing", 2}}));
}

TEST_F(SessionAlarmsTest, FiveMinutesAreAlsoFoundBeforeTheEpoch) {
  alarms.active(UtcTime{seconds{-1}});
  alarms.active(UtcTime{seconds{-294}});
  EXPECT_EQ(counted(), (Counted{{"SessionsActive", 1}}));
}

}  // namespace
}  // namespace sotto::pipeline

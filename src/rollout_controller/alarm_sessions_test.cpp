#include "rollout_controller/alarm_sessions.hpp"

#include <gtest/gtest.h>

namespace sotto::rollout_controller {
namespace {

using rollout::AlarmSessions;
using std::chrono::minutes;
using telemetry::Arm;
using telemetry::Counter;

constexpr UtcTime noon{std::chrono::hours{24 * 365 * 56 + 12}};

class AlarmSessionsTest : public ::testing::Test {
 protected:
  // So many sessions of an arm are counted in a minute, some of which an alarm is about.
  void put(int minute, Arm arm, std::uint64_t active, Counter about, std::uint64_t sessions) {
    telemetry::Minute put;
    put.start = noon + minutes{minute};
    put.arms[static_cast<std::size_t>(arm)][Counter::sessions_active] = active;
    put.arms[static_cast<std::size_t>(arm)][about] = sessions;
    ASSERT_TRUE(series.append(put));
  }
  AlarmSessions at(int minute, std::size_t rule, UtcTime from = {}) {
    auto found =
        alarm_sessions(telemetry::guide_alarms()[rule], series, from, noon + minutes{minute});
    EXPECT_TRUE(found);
    found->alarm = found->alarm.substr(std::string_view("audio-transcription-").size());
    return *found;
  }

  static constexpr std::size_t latency = 0, rate_limit = 1, orphaned = 2, fallback = 3, errors = 4;
  telemetry::MemorySeries series;
};

TEST_F(AlarmSessionsTest, EachAlarmHasItsCounter) {
  const Counter of[] = {Counter::sessions_late, Counter::sessions_dropping,
                        Counter::sessions_orphaning, Counter::sessions_falling_back,
                        Counter::sessions_failing};
  const char* names[] = {"latency-high", "rate-limit-high", "orphaned-results-high",
                         "transcribe-fallback", "lambda-errors"};
  for (std::size_t i = 0; i < 5; ++i) put(static_cast<int>(i) % 5, Arm::canary, 1, of[i], i + 1);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(at(5, i), (AlarmSessions{names[i], i + 1, 5, 0, 0})) << names[i];
}

// The same two sessions are late in both periods of five minutes: they are two.
TEST_F(AlarmSessionsTest, ASessionOfTwoPeriodsCountsOnce) {
  put(0, Arm::canary, 2, Counter::sessions_late, 2);
  put(5, Arm::canary, 2, Counter::sessions_late, 2);
  put(1, Arm::control, 7, Counter::sessions_late, 1);
  put(2, Arm::control, 4, Counter::sessions_late, 0);
  put(9, Arm::control, 9, Counter::sessions_late, 0);
  EXPECT_EQ(at(10, latency), (AlarmSessions{"latency-high", 2, 2, 1, 11}));
  put(10, Arm::canary, 90, Counter::sessions_late, 90);
  EXPECT_EQ(at(14, latency), (AlarmSessions{"latency-high", 2, 2, 1, 11})) << "it is not over";
}

TEST_F(AlarmSessionsTest, ShortPeriodsTakeTheFiveMinutesAroundThem) {
  put(5, Arm::canary, 6, Counter::sessions_dropping, 3);
  put(8, Arm::canary, 1, Counter::sessions_dropping, 1);
  EXPECT_EQ(at(9, rate_limit), (AlarmSessions{"rate-limit-high", 4, 7, 0, 0}));
  EXPECT_EQ(at(8, rate_limit), (AlarmSessions{"rate-limit-high", 3, 6, 0, 0}));
  put(10, Arm::canary, 5, Counter::sessions_falling_back, 2);
  EXPECT_EQ(at(11, rate_limit), (AlarmSessions{"rate-limit-high", 4, 7, 0, 0}))
      << "of the minutes 9 and 10";
  EXPECT_EQ(at(11, fallback), (AlarmSessions{"transcribe-fallback", 2, 5, 0, 0}));
}

TEST_F(AlarmSessionsTest, NothingOfBeforeCounts) {
  put(0, Arm::canary, 5, Counter::sessions_late, 5);
  put(6, Arm::canary, 3, Counter::sessions_late, 2);
  put(8, Arm::canary, 2, Counter::sessions_late, 1);
  EXPECT_EQ(at(10, latency), (AlarmSessions{"latency-high", 5, 5, 0, 0}));
  EXPECT_EQ(at(10, latency, noon + minutes{1}), (AlarmSessions{"latency-high", 3, 5, 0, 0}));
  EXPECT_EQ(at(10, latency, noon + minutes{7}), (AlarmSessions{"latency-high", 1, 2, 0, 0}));
  EXPECT_EQ(at(10, latency, noon + minutes{20}), (AlarmSessions{"latency-high", 0, 0, 0, 0}));
}

}  // namespace
}  // namespace sotto::rollout_controller

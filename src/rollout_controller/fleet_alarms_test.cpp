#include "rollout_controller/fleet_alarms.hpp"

#include <gmock/gmock.h>

#include "rollout_controller/readings.hpp"
#include "tests/support/memory_rollout_store.hpp"

namespace sotto::rollout_controller {
namespace {

using ::testing::ElementsAre;

TEST(FleetAlarms, AreAddedOnceWithTheLargerNumbers) {
  rollout::Readings readings;
  readings.alarms_on = {"latency", "errors"};
  readings.alarm_sessions = {{"latency", 3, 4, 0, 2}};
  add_fleet_alarms(
      readings,
      {{"latency", "drops"}, {"latency"}, {{"latency", 2, 40, 1, 360}, {"drops", 5, 6, 7, 8}}});
  EXPECT_THAT(readings.alarms_on, ElementsAre("latency", "errors", "drops"));
  EXPECT_THAT(readings.canary_alarms, ElementsAre("latency"));
  EXPECT_THAT(readings.alarm_sessions, ElementsAre(rollout::AlarmSessions{"latency", 3, 40, 1, 360},
                                                   rollout::AlarmSessions{"drops", 5, 6, 7, 8}));
}

class FleetAlarmsInReadings : public ::testing::Test {
 protected:
  rollout::Readings read() {
    return source_.read({now_, std::chrono::hours{168}, 10}, now_).value();
  }

  const UtcTime now_{std::chrono::hours{24 * 365 * 56}};
  telemetry::MemorySeries series_;
  testing::MemoryRolloutStore rollouts_;
  Result<FleetAlarms> fleet_;
  ReadingsSource source_{&series_,
                         &rollouts_,
                         "/a/flag",
                         [] { return std::vector<telemetry::AlarmStatus>{}; },
                         [](const Since&, UtcTime) -> Result<rollout::WindowFigures> {
                           return rollout::WindowFigures{};
                         },
                         [this](UtcTime) { return fleet_; }};
};

TEST_F(FleetAlarmsInReadings, AreOn) {
  fleet_ = FleetAlarms{{"latency"}, {"latency"}, {{"latency", 2, 40, 1, 360}}};
  const rollout::Readings readings = read();
  EXPECT_THAT(readings.alarms_on, ElementsAre("latency"));
  EXPECT_THAT(readings.canary_alarms, ElementsAre("latency"));
  EXPECT_EQ(readings.alarm_sessions.size(), 1u);
  EXPECT_TRUE(readings.figures_known);
}

TEST_F(FleetAlarmsInReadings, ThatCannotBeReadPromoteNothing) {
  fleet_ = tl::unexpected(Error{ErrorCode::resource_exhausted, "throttled", ""});
  const rollout::Readings readings = read();
  EXPECT_FALSE(readings.figures_known);
  EXPECT_TRUE(readings.alarms_on.empty());
}

}  // namespace
}  // namespace sotto::rollout_controller

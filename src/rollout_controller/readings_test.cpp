#include "rollout_controller/readings.hpp"

#include <gtest/gtest.h>

#include "feature_flag/outcome_json.hpp"
#include "rollout_controller/outcome_journal.hpp"
#include "tests/support/memory_rollout_store.hpp"
#include "tests/support/rollout_readings.hpp"

namespace sotto::rollout_controller {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;

constexpr UtcTime began{hours{24 * 365 * 56}};
const std::string flag = "/a/flag";

telemetry::Minute minute(UtcTime start, std::uint64_t latency, std::uint64_t dropped = 0) {
  telemetry::Minute minute;
  minute.start = start;
  for (telemetry::ArmSnapshot& arm : minute.arms) {
    arm[Counter::final_results_processed] = 10;
    arm[Counter::partial_results_dropped] = dropped;
    arm[Histogram::processing_latency].record(latency, 20);
  }
  return minute;
}

class ReadingsTest : public ::testing::Test {
 protected:
  void put(UtcTime began_at, bool canary, int percentage = 10) {
    rollout::SessionOutcome outcome = testing::healthy_outcome(canary, percentage, next++);
    outcome.began_at = began_at;
    outcome.ended_at = began_at + hours{1};
    OutcomeJournal journal(&rollouts, flag);
    journal.add(outcome);
    ASSERT_TRUE(journal.flush());
  }
  rollout::Readings read(UtcTime now) {
    const auto readings = source.read({began, hours{168}, 10}, now);
    EXPECT_TRUE(readings) << readings.error().message;
    return *readings;
  }

  telemetry::MemorySeries series;
  testing::MemoryRolloutStore rollouts;
  std::vector<telemetry::AlarmStatus> alarms;
  ReadingsSource source{&series, &rollouts, flag, [this] { return alarms; }};
  int next = 0;
};

TEST_F(ReadingsTest, NothingIsNothing) {
  const rollout::Readings readings = read(began + hours{1});
  EXPECT_FALSE(readings.newest);
  EXPECT_EQ(readings.whole, rollout::Figures{});
  EXPECT_EQ(readings.recent, rollout::Figures{});
  EXPECT_EQ(readings.evidence.canary.sessions, 0u);
}

TEST_F(ReadingsTest, ThePhaseIsReadOnceAndThenOnlyWhatIsNew) {
  ASSERT_TRUE(series.append(minute(began - minutes{1}, 9000, 500)));
  for (int i = 0; i < 120; ++i) ASSERT_TRUE(series.append(minute(began + minutes{i}, 1000, 1)));
  rollout::Readings readings = read(began + hours{2});
  EXPECT_EQ(readings.whole.canary.captions, 120u * 20);
  EXPECT_EQ(readings.whole.canary.finals, 1200u);
  EXPECT_EQ(readings.whole.canary.dropped_per_minute, 1) << "what was before does not count";
  EXPECT_EQ(readings.recent.canary.captions, 60u * 20);
  EXPECT_NEAR(*readings.whole.canary.latency_p95_ms, 1000, 5);
  EXPECT_EQ(readings.newest, began + minutes{119});
  ASSERT_TRUE(series.append(minute(began + minutes{120}, 1000, 70)));
  for (int i = 0; i < 3; ++i) {
    readings = read(began + hours{2} + minutes{1 + 3 * i});
    EXPECT_EQ(readings.whole.canary.captions, 121u * 20) << "each minute counts once";
    EXPECT_EQ(readings.whole.canary.dropped_per_minute, 70);
  }
}

TEST_F(ReadingsTest, WhatIsOlderThanTheBakeTimeIsForgotten) {
  ASSERT_TRUE(series.append(minute(began + minutes{10}, 1000, 400)));
  EXPECT_EQ(read(began + hours{1}).whole.canary.dropped_per_minute, 400);
  EXPECT_EQ(read(began + hours{100}).whole.canary.dropped_per_minute, 400);
  EXPECT_EQ(read(began + hours{170}).whole.canary.dropped_per_minute, 0);
}

TEST_F(ReadingsTest, SessionsOfThePhaseAreTheEvidence) {
  put(began - minutes{1}, true);
  put(began, true);
  put(began + hours{1}, false);
  put(began + hours{1}, false, 50);
  ASSERT_TRUE(rollouts.add_sessions(flag, {{0, began, "nonsense"}}));
  rollout::Readings readings = read(began + hours{3});
  EXPECT_EQ(readings.evidence.canary.sessions, 1u);
  EXPECT_EQ(readings.evidence.control.sessions, 1u) << "another share is another phase";
  EXPECT_EQ(readings.newest, began + hours{2});
  put(began + hours{4}, true);
  readings = read(began + hours{5});
  EXPECT_EQ(readings.evidence.canary.sessions, 2u);
  const auto other = source.read({began + hours{1}, hours{168}, 50}, began + hours{5});
  ASSERT_TRUE(other);
  EXPECT_EQ(other->evidence.control.sessions, 1u);
  EXPECT_EQ(read(began + hours{5}).evidence.canary.sessions, 2u) << "and back";
}

TEST_F(ReadingsTest, AlarmsThatAreOnAreNamed) {
  telemetry::AlarmStatus on, off;
  on.rule = off.rule = &telemetry::guide_alarms()[0];
  on.state = telemetry::AlarmState::alarm;
  off.state = telemetry::AlarmState::ok;
  alarms = {on, off};
  const rollout::Readings readings = read(began + minutes{10});
  EXPECT_EQ(readings.alarms_on, std::vector<std::string>{"audio-transcription-latency-high"});
  ASSERT_EQ(readings.alarm_sessions.size(), 1u);
  EXPECT_EQ(readings.alarm_sessions[0].alarm, "audio-transcription-latency-high");
}

TEST_F(ReadingsTest, AnAlarmSaysHowManySessionsItIsAbout) {
  for (int i = 0; i < 10; ++i) {
    telemetry::Minute bad = minute(began + minutes{i}, 9000);
    for (telemetry::ArmSnapshot& arm : bad.arms) arm[Counter::sessions_active] = i % 5 == 0 ? 6 : 0;
    bad.arms[0][Counter::sessions_late] = i % 5 == 0 ? 4 : 0;
    ASSERT_TRUE(series.append(bad));
  }
  telemetry::AlarmStatus on;
  on.rule = &telemetry::guide_alarms()[0];
  on.state = telemetry::AlarmState::alarm;
  alarms = {on};
  const rollout::Readings readings = read(began + minutes{10});
  EXPECT_EQ(readings.canary_alarms, readings.alarms_on);
  EXPECT_EQ(readings.alarm_sessions,
            (std::vector<rollout::AlarmSessions>{{"audio-transcription-latency-high", 4, 6, 0, 6}}))
      << "once, though both have it";
}

// As after `clear`, which begins the phase again.
TEST_F(ReadingsTest, NothingReachesBackBeforeThePhaseBegan) {
  const UtcTime cleared = began + minutes{32} + std::chrono::seconds{30};
  for (int i = 0; i < 33; ++i) ASSERT_TRUE(series.append(minute(began + minutes{i}, 9000, 500)));
  for (int i = 33; i < 60; ++i) ASSERT_TRUE(series.append(minute(began + minutes{i}, 1000, 1)));
  for (const telemetry::AlarmRule& rule : telemetry::guide_alarms())
    alarms.push_back({&rule, telemetry::AlarmState::alarm, {}, {}, 1});
  const auto read_at = [&](int at) {
    const auto readings = source.read({cleared, hours{168}, 10}, began + minutes{at});
    EXPECT_TRUE(readings);
    return *readings;
  };
  for (const int at : {33, 34, 35, 40, 60}) {
    const rollout::Readings readings = read_at(at);
    const auto good = static_cast<std::uint64_t>(at - 33);
    EXPECT_LE(readings.recent.canary.captions, 20 * (good + 1)) << at;
    EXPECT_LE(readings.recent.canary.latency_p95_ms.value_or(0), 1005) << at;
    EXPECT_LE(readings.recent.canary.dropped_per_minute, 1) << at;
    EXPECT_LE(readings.whole.canary.dropped_per_minute, 1) << at;
    EXPECT_EQ(readings.canary_alarms, std::vector<std::string>{}) << at;
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(read_at(33).alarms_on, Names{}) << "evaluated on what was before";
  EXPECT_EQ(read_at(34).alarms_on, (Names{"audio-transcription-rate-limit-high",
                                          "audio-transcription-transcribe-fallback"}));
  EXPECT_EQ(read_at(35).alarms_on.size(), 2u) << "minutes 30 to 35 began before";
  EXPECT_EQ(read_at(40).alarms_on.size(), 5u);
}

TEST_F(ReadingsTest, FiguresMayComeFromElsewhere) {
  ASSERT_TRUE(series.append(minute(began, 9000, 500)));
  put(began, true);
  Since asked;
  ReadingsSource fleet(
      &series, &rollouts, flag, [this] { return alarms; },
      [&](const Since& since, UtcTime) -> Result<rollout::WindowFigures> {
        asked = since;
        return rollout::WindowFigures{
            began + minutes{7}, {testing::healthy_arm(), {}}, {{}, testing::healthy_arm()}};
      });
  const auto readings = fleet.read({began, hours{168}, 10}, began + hours{2});
  ASSERT_TRUE(readings);
  EXPECT_TRUE(readings->figures_known);
  EXPECT_EQ(asked.began_at, began);
  EXPECT_EQ(asked.at_most, hours{168});
  EXPECT_EQ(readings->recent.canary, testing::healthy_arm());
  EXPECT_EQ(readings->whole.control, testing::healthy_arm());
  EXPECT_EQ(readings->whole.canary, rollout::ArmFigures{}) << "nothing of the series";
  EXPECT_EQ(readings->evidence.canary.sessions, 1u) << "sessions are the journal's";
  EXPECT_EQ(readings->newest, began + hours{1}) << "the session ended later than anything else";
}

TEST_F(ReadingsTest, WhereFiguresCannotBeReadTheSeriesAlarmsAndSessionsStillSpeak) {
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(series.append(minute(began + minutes{i}, 9000, 500)));
  put(began, true);
  ReadingsSource fleet(
      &series, &rollouts, flag, [this] { return alarms; },
      [](const Since&, UtcTime) -> Result<rollout::WindowFigures> {
        return fail(ErrorCode::permission_denied, "no", "AccessDenied");
      });
  const auto readings = fleet.read({began, hours{168}, 10}, began + minutes{15});
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_FALSE(readings->figures_known);
  EXPECT_EQ(readings->recent, rollout::Figures{});
  EXPECT_EQ(readings->whole, rollout::Figures{});
  EXPECT_EQ(readings->evidence.canary.sessions, 1u);
  EXPECT_EQ(readings->canary_alarms,
            (std::vector<std::string>{"audio-transcription-latency-high",
                                      "audio-transcription-rate-limit-high"}));
}

TEST_F(ReadingsTest, AJournalThatIsDownLosesNothing) {
  OutcomeJournal journal(&rollouts, flag);
  rollouts.break_with(Error{ErrorCode::unavailable, "gone", ""});
  for (std::size_t i = 0; i < OutcomeJournal::max_waiting + 5; ++i)
    journal.add(testing::healthy_outcome(true, 10, static_cast<int>(i)));
  EXPECT_FALSE(journal.flush());
  EXPECT_FALSE(source.read({began, hours{168}, 10}, began));
  rollouts.break_with(std::nullopt);
  ASSERT_TRUE(journal.flush());
  ASSERT_TRUE(journal.flush());
  const auto kept = rollouts.entries(flag, ports::Journal::sessions, 0, 20'000);
  ASSERT_EQ(kept->size(), OutcomeJournal::max_waiting);
  EXPECT_EQ(feature_flag::outcome_of(kept->back().text)->session_id, "talk-10004");
}

TEST_F(ReadingsTest, AnOutcomeWaitsForVotes) {
  OutcomeJournal journal(&rollouts, flag, minutes{3});
  using Written = std::vector<std::pair<std::string, std::uint64_t>>;
  const auto written = [&] {
    Written all;
    const auto entries = rollouts.entries(flag, ports::Journal::sessions, 0, 9);
    for (const ports::JournalEntry& entry : *entries) {
      const auto outcome = *feature_flag::outcome_of(entry.text);
      all.emplace_back(outcome.session_id, outcome.thumbs_down);
    }
    return all;
  };
  for (int i = 0; i < 2; ++i) {
    rollout::SessionOutcome outcome = testing::healthy_outcome(true, 10, i);
    outcome.ended_at = began + minutes{i};
    journal.add(outcome);
    journal.rate(outcome.session_id, 0, 0, 0);
  }
  journal.rate("talk-0", 0, 0, 4);
  journal.rate("talk-0", 0, 1, 3);
  journal.rate("talk-of-nobody", 9, 9, 9);
  ASSERT_TRUE(journal.flush(began + minutes{3} - milliseconds{1}));
  EXPECT_EQ(written(), Written{});
  ASSERT_TRUE(journal.flush(began + minutes{3}));
  EXPECT_EQ(written(), (Written{{"talk-0", 3}}));
  journal.rate("talk-0", 9, 9, 9);
  ASSERT_TRUE(journal.flush());
  EXPECT_EQ(written(), (Written{{"talk-0", 3}, {"talk-1", 0}}));
}

}  // namespace
}  // namespace sotto::rollout_controller

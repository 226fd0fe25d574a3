#include <gtest/gtest.h>

#include "rollout/test_support.hpp"

namespace sotto::rollout {
namespace {

struct Failure {
  std::string name;
  EventKind event;
  int percentage;
  std::function<void(Readings&)> spoil;
};

const Failure failures[] = {
    {"latency_p95", EventKind::stepped_back, 10,
     [](Readings& r) { r.recent.canary.latency_p95_ms = 5200; }},
    {"latency_ratio", EventKind::stepped_back, 10,
     [](Readings& r) { r.evidence = healthy_evidence(50, 400, 1.5); }},
    {"error_rate", EventKind::disabled, 0, [](Readings& r) { add_sessions(r, 0.03, 0.1, true); }},
    {"latency alarm", EventKind::stepped_back, 10,
     [](Readings& r) { r.alarms_on = r.canary_alarms = {"audio-transcription-latency-high"}; }},
    {"errors alarm", EventKind::disabled, 0,
     [](Readings& r) {
       r.alarms_on = r.canary_alarms = {"audio-transcription-latency-high",
                                        "audio-transcription-lambda-errors"};
     }},
    {"fallback alarm", EventKind::held, 50,
     [](Readings& r) {
       r.alarms_on = r.canary_alarms = {"audio-transcription-transcribe-fallback"};
     }},
    {"an alarm of its own", EventKind::held, 50,
     [](Readings& r) { r.alarms_on = r.canary_alarms = {"disk-full"}; }},
    {"dropped", EventKind::stepped_back, 10,
     [](Readings& r) { r.recent.canary.dropped_per_minute = 140; }},
    {"orphaned", EventKind::stepped_back, 10,
     [](Readings& r) { r.recent.canary.orphaned_per_session = 12; }},
    {"one fallback", EventKind::held, 50, [](Readings& r) { r.whole.canary.fallbacks = 1; }},
    {"persistent fallbacks", EventKind::disabled, 0,
     [](Readings& r) { r.recent.canary.fallbacks = 4; }},
    {"feedback", EventKind::stepped_back, 10,
     [](Readings& r) { r.whole.canary.thumbs_down = 300; }},
    {"sample_ratio", EventKind::held, 50,
     [](Readings& r) {
       for (int i = 0; i < 900; ++i) r.evidence.sample_ratio.add(true, 0.5);
     }},
    {"cost", EventKind::held, 50, [](Readings& r) { add_sessions(r, 0.9, 0.1, false); }},
    {"cache_hit_rate", EventKind::held, 50, [](Readings& r) { r.whole.canary.cache_misses = 900; }},
    {"erasure", EventKind::stepped_back, 10, [](Readings& r) { add_sessions(r, 0.03, 3, false); }},
};

TEST(Controller, EachFailureHoldsOrRollsBackAndLatches) {
  for (const Failure& failure : failures) {
    SCOPED_TRACE(failure.name);
    Rollout rollout(guide_plan());
    rollout.go(hours{24 * 8});
    ASSERT_EQ(rollout.flag.flag.rollout_percentage, 50);
    const std::uint64_t version = rollout.flag.version;
    rollout.now += minutes{30};  // past all warm-ups
    rollout.spoil = failure.spoil;
    const Step step = rollout.go(hours{1});
    ASSERT_TRUE(step.event) << describe(step.why);
    EXPECT_EQ(step.event->kind, failure.event) << describe(step.why);
    EXPECT_FALSE(step.event->why.empty());
    EXPECT_EQ(step.event->percentage_after, failure.percentage);
    if (failure.event == EventKind::held) {
      EXPECT_EQ(rollout.flag.version, version);
      EXPECT_FALSE(rollout.go(hours{24}).event) << "said once";
      EXPECT_GT(bake_left(*rollout.state), hours{24}) << "what fails bakes nothing";
      rollout.spoil = [](Readings&) {};
      // An alarm has to be a bake time away as well.
      EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::went_on);
      continue;
    }
    EXPECT_EQ(rollout.flag.flag.enabled, failure.event != EventKind::disabled);
    EXPECT_EQ(rollout.flag.flag.recall_live, failure.event == EventKind::stepped_back);
    EXPECT_EQ(rollout.state->status, Status::rolled_back);
    // All is well again, and it stays back until a person clears it and says why.
    rollout.spoil = [](Readings&) {};
    EXPECT_FALSE(rollout.go(hours{24}).event);
    EXPECT_EQ(rollout.flag.version, version + 1);
    EXPECT_EQ(rollout.tell(say(Command::Kind::resume)).error().code, ErrorCode::conflict);
    EXPECT_EQ(rollout.tell(say(Command::Kind::clear)).error().field, "reason");
    ASSERT_TRUE(rollout.tell(say(Command::Kind::clear, "mended")));
    EXPECT_EQ(rollout.state->status, Status::paused);
    EXPECT_EQ(rollout.flag.version, version + 1) << "only a resume moves the flag";
    ASSERT_TRUE(rollout.tell(say(Command::Kind::resume)));
    EXPECT_TRUE(rollout.flag.flag.enabled);
    EXPECT_EQ(rollout.flag.flag.rollout_percentage, 10);
    EXPECT_FALSE(rollout.flag.flag.recall_live);
    EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted) << "and proves it anew";
  }
}

TEST(Controller, AnAlarmThatIsOverHoldsUntilTheBakeTimeIsCleanOfIt) {
  Rollout rollout(guide_plan());
  rollout.go(hours{24});
  rollout.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-transcribe-fallback"};
  };
  EXPECT_EQ(rollout.go(minutes{10}).event->kind, EventKind::held);
  rollout.spoil = [](Readings&) {};
  const UtcTime rung = rollout.now;
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::went_on);
  EXPECT_GE(rollout.now - rung, hours{24 * 7 - 1});
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::promoted);
}

TEST(Controller, AnAlarmOfControlsAloneHoldsOnlyWhileItIsOn) {
  Rollout rollout(guide_plan());
  rollout.go(hours{24});
  rollout.spoil = [](Readings& r) { r.alarms_on = {"audio-transcription-lambda-errors"}; };
  EXPECT_EQ(rollout.go(minutes{10}).event->kind, EventKind::held);
  EXPECT_TRUE(rollout.flag.flag.enabled);
  rollout.spoil = [](Readings&) {};
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::went_on);
  EXPECT_EQ(rollout.go(hours{24 * 6}).event->kind, EventKind::promoted);
}

TEST(Controller, TheFirstPhaseStepsBackToNobody) {
  Rollout rollout(guide_plan());
  rollout.spoil = [](Readings& r) { r.evidence = healthy_evidence(10, 400, 1.6); };
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_TRUE(rollout.flag.flag.enabled);
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 0);
}

TEST(Controller, WhatIsLeftAfterAStepBackIsGuardedOnceItsFiguresAreItsOwn) {
  Rollout rollout(guide_plan());
  rollout.go(hours{24 * 8});
  rollout.now += hours{1};
  rollout.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-latency-high"};
  };
  ASSERT_EQ(rollout.go(hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 10);
  EXPECT_FALSE(rollout.go(minutes{55}).event) << "these may be the figures of before";
  rollout.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-lambda-errors"};
  };
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::disabled);
  EXPECT_FALSE(rollout.flag.flag.enabled);
  EXPECT_FALSE(rollout.go(hours{24}).event);
}

TEST(Controller, GuardrailsActInPausesAndAfterTheEnd) {
  Rollout paused(guide_plan());
  ASSERT_TRUE(paused.tell(say(Command::Kind::pause)));
  EXPECT_FALSE(paused.go(hours{24 * 30}).event);
  paused.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-lambda-errors"};
  };
  EXPECT_EQ(paused.go(hours{1}).event->kind, EventKind::disabled);

  Rollout done(guide_plan());
  for (int i = 0; i < 3; ++i) done.go(hours{24 * 20});
  ASSERT_EQ(done.state->status, Status::completed);
  done.now += hours{1};
  done.spoil = [](Readings& r) { r.recent.canary.latency_p95_ms = 9000; };
  EXPECT_EQ(done.go(hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_EQ(done.flag.flag.rollout_percentage, 50);
}

TEST(Controller, OneBadLookIsNotTwo) {
  Rollout rollout(guide_plan());
  rollout.go(hours{1});
  rollout.spoil = [](Readings& r) { r.recent.canary.latency_p95_ms = 6000; };
  rollout.go(minutes{5});
  rollout.spoil = [](Readings&) {};
  EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted);
}

TEST(Controller, LooksAreCountedByTimeNotByCalls) {
  Rollout rollout(guide_plan());
  rollout.go(hours{1});
  rollout.spoil = [](Readings& r) { r.recent.canary.latency_p95_ms = 6000; };
  EXPECT_FALSE(rollout.go(minutes{6}, std::chrono::seconds{10}).event);
  EXPECT_EQ(rollout.go(minutes{6}, std::chrono::seconds{10}).event->kind, EventKind::stepped_back);
}

TEST(Controller, AlarmsAndSessionsTakeBackWhileTheFiguresCannotBeRead) {
  for (const bool alarm : {true, false}) {
    Rollout rollout(guide_plan());
    rollout.go(hours{24});
    rollout.spoil = forget_figures;
    ASSERT_EQ(rollout.go(hours{1}).event->kind, EventKind::held);
    rollout.spoil = [alarm](Readings& readings) {
      forget_figures(readings);
      if (alarm)
        readings.alarms_on = readings.canary_alarms = {"audio-transcription-latency-high"};
      else
        add_sessions(readings, 0.03, 0.1, true);
    };
    const Step step = rollout.go(hours{1});
    ASSERT_TRUE(step.event) << describe(step.why);
    EXPECT_EQ(step.event->kind, alarm ? EventKind::stepped_back : EventKind::disabled);
  }
}

}  // namespace
}  // namespace sotto::rollout

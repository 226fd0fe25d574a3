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
     [](Readings& r) { add_sessions(r, 60, false, is_late); }},
    {"latency_p95 of both arms", EventKind::held, 50,
     [](Readings& r) { add_sessions(r, 60, true, is_late); }},
    {"latency_ratio", EventKind::stepped_back, 10,
     [](Readings& r) { r.evidence = healthy_evidence(50, 400, 1.5); }},
    {"error_rate", EventKind::disabled, 0, [](Readings& r) { add_sessions(r, 60, false, fails); }},
    {"errors of both arms", EventKind::held, 50,
     [](Readings& r) { add_sessions(r, 12, true, fails); }},
    {"latency alarm", EventKind::stepped_back, 10,
     [](Readings& r) { ring(r, "audio-transcription-latency-high", 10, 0); }},
    {"errors alarm", EventKind::disabled, 0,
     [](Readings& r) {
       ring(r, "audio-transcription-latency-high", 10, 0);
       ring(r, "audio-transcription-lambda-errors", 10, 0);
     }},
    {"alarm of both arms", EventKind::held, 50,
     [](Readings& r) { ring(r, "audio-transcription-lambda-errors", 9, 8); }},
    {"fallback alarm", EventKind::held, 50,
     [](Readings& r) { ring(r, "audio-transcription-transcribe-fallback", 10, 0); }},
    {"an alarm of its own", EventKind::held, 50, [](Readings& r) { ring(r, "disk-full", 10, 0); }},
    {"dropped", EventKind::stepped_back, 10,
     [](Readings& r) { add_sessions(r, 12, false, [](auto& one) { one.dropped = 400; }); }},
    {"orphaned", EventKind::stepped_back, 10,
     [](Readings& r) { add_sessions(r, 90, false, [](auto& one) { one.orphaned = 12; }); }},
    {"fallbacks", EventKind::disabled, 0,
     [](Readings& r) { add_sessions(r, 90, false, [](auto& one) { one.fallbacks = 1; }); }},
    {"feedback", EventKind::stepped_back, 10,
     [](Readings& r) { add_sessions(r, 90, false, [](auto& one) { one.thumbs_down = 3; }); }},
    {"sample_ratio", EventKind::held, 50,
     [](Readings& r) {
       for (int i = 0; i < 900; ++i) r.evidence.sample_ratio.add(true, 0.5);
     }},
    {"cost", EventKind::held, 50,
     [](Readings& r) {
       for (int i = 0; i < 3000; ++i) r.evidence.canary.cost.add(0.9 + 0.001 * (i % 7));
     }},
    {"cache_hit_rate", EventKind::held, 50, [](Readings& r) { r.whole.canary.cache_misses = 900; }},
    {"erasure", EventKind::stepped_back, 10,
     [](Readings& r) {
       for (int i = 0; i < 1500; ++i) r.evidence.canary.erasure.add(3);
     }},
    {"session_length", EventKind::stepped_back, 10,
     [](Readings& r) {
       add_sessions(r, 300, false, [](auto& one) { one.ended_at = one.began_at + minutes{8}; });
     }},
    {"listeners_left", EventKind::stepped_back, 10,
     [](Readings& r) { add_sessions(r, 200, false, [](auto& one) { one.listeners_left = 3; }); }},
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
      // An alarm that the canary alone set off has to be a bake time away as well.
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
  rollout.spoil = [](Readings& r) { ring(r, "audio-transcription-transcribe-fallback", 10, 0); };
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
  rollout.spoil = [](Readings& r) { ring(r, "audio-transcription-lambda-errors", 0, 8); };
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
  rollout.spoil = [](Readings& r) { ring(r, "audio-transcription-latency-high", 10, 0); };
  ASSERT_EQ(rollout.go(hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 10);
  EXPECT_FALSE(rollout.go(minutes{55}).event) << "these may be the figures of before";
  rollout.spoil = [](Readings& r) { ring(r, "audio-transcription-lambda-errors", 10, 0); };
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::disabled);
  EXPECT_FALSE(rollout.flag.flag.enabled);
  EXPECT_FALSE(rollout.go(hours{24}).event);
}

TEST(Controller, GuardrailsActInPausesAndAfterTheEnd) {
  Rollout paused(guide_plan());
  ASSERT_TRUE(paused.tell(say(Command::Kind::pause)));
  EXPECT_FALSE(paused.go(hours{24 * 30}).event);
  paused.spoil = [](Readings& r) { ring(r, "audio-transcription-lambda-errors", 10, 0); };
  EXPECT_EQ(paused.go(hours{1}).event->kind, EventKind::disabled);

  Rollout done(guide_plan());
  for (int i = 0; i < 3; ++i) done.go(hours{24 * 20});
  ASSERT_EQ(done.state->status, Status::completed);
  done.now += hours{1};
  done.spoil = [](Readings& r) {
    ring(r, "audio-transcription-latency-high", 5, 0);
    r.alarm_sessions.back().control_active = 0;
  };
  EXPECT_EQ(done.go(hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_EQ(done.flag.flag.rollout_percentage, 50);
}

// Of the first phase, at 10 %.
const Evidence very_late = [] {
  Evidence evidence = healthy_evidence(10, 400);
  for (int i = 0; i < 200; ++i) {
    SessionOutcome outcome = testing::healthy_outcome(i % 10 == 0, 10, 300'000 + i);
    if (outcome.canary) is_late(outcome);
    evidence.add(outcome);
  }
  return evidence;
}();

TEST(Controller, OneBadLookIsNotTwo) {
  Rollout rollout(guide_plan());
  rollout.go(hours{1});
  rollout.spoil = [](Readings& r) { r.evidence = very_late; };
  rollout.go(minutes{5});
  rollout.spoil = [](Readings&) {};
  EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted);
}

TEST(Controller, LooksAreCountedByTimeNotByCalls) {
  Rollout rollout(guide_plan());
  rollout.go(hours{1});
  rollout.spoil = [](Readings& r) { r.evidence = very_late; };
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
        ring(readings, "audio-transcription-latency-high", 10, 0);
      else
        add_sessions(readings, 60, false, fails);
    };
    const Step step = rollout.go(hours{1});
    ASSERT_TRUE(step.event) << describe(step.why);
    EXPECT_EQ(step.event->kind, alarm ? EventKind::stepped_back : EventKind::disabled);
  }
}

}  // namespace
}  // namespace sotto::rollout

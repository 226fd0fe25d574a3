#include "rollout/controller.hpp"

#include <gtest/gtest.h>

#include "rollout/test_support.hpp"

namespace sotto::rollout {
namespace {

TEST(Controller, TheGuidesSevenWeeksLeadToHundredPercent) {
  Rollout rollout(timeline_plan());
  const UtcTime begun = rollout.now;
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 0);
  struct Leg {
    int week;  // in which it is reached
    int percentage;
    std::size_t criteria;
  };
  // Of the last leg's criteria every one of the guide's three phases is evaluated.
  const Leg legs[] = {{1, 10, 1}, {3, 50, 11}, {5, 100, 15}, {7, 100, 16}};
  for (const Leg& leg : legs) {
    const Step step = rollout.go(hours{24 * 40});
    ASSERT_TRUE(step.event);
    EXPECT_EQ(step.criteria.size(), leg.criteria);
    for (const Criterion& criterion : step.criteria)
      EXPECT_EQ(criterion.verdict, Verdict::pass) << info(criterion.rule.measure).name;
    EXPECT_EQ(rollout.flag.flag.rollout_percentage, leg.percentage);
    EXPECT_EQ((rollout.now - begun) / hours{168}, leg.week) << describe(step.why);
  }
  EXPECT_EQ(rollout.state->status, Status::completed);
  EXPECT_EQ(rollout.last_event().kind, EventKind::completed);
  EXPECT_EQ(rollout.flag.flag.control_percentage, 2);
  EXPECT_EQ(rollout.events.size(), 5u) << "started, three times promoted, completed";
}

TEST(Controller, WithoutTrafficNothingIsPromoted) {
  Rollout rollout(guide_plan());
  rollout.spoil = [](Readings& r) { r = Readings{}; };
  const Step step = rollout.go(hours{24 * 100});
  ASSERT_TRUE(step.event);
  EXPECT_EQ(step.event->kind, EventKind::held);
  EXPECT_FALSE(rollout.go(hours{24 * 100}).event);
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 10);
  EXPECT_EQ(rollout.state->baked, milliseconds{0}) << "silence is no baking";
}

TEST(Controller, TooFewSessionsHold) {
  Rollout rollout(guide_plan());
  rollout.sessions = 100;  // of which 10 are the canary's
  const Step step = rollout.go(hours{24 * 30});
  ASSERT_TRUE(step.event);
  EXPECT_EQ(step.event->kind, EventKind::held);
  EXPECT_NE(step.event->why.find("approve it"), std::string::npos) << step.event->why;
  EXPECT_FALSE(rollout.go(hours{24 * 30}).event) << "it asks once";
  rollout.sessions = 2000;
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::promoted);
}

TEST(Controller, WhatCannotBeMeasuredPromotesNothing) {
  Rollout rollout(guide_plan());
  rollout.go(hours{100});
  rollout.measured = false;
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::held);
  const milliseconds baked = rollout.state->baked;
  EXPECT_FALSE(rollout.go(hours{24 * 30}).event);
  EXPECT_EQ(rollout.state->baked, baked);
  rollout.measured = true;
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::went_on);
  EXPECT_EQ(rollout.go(hours{100}).event->kind, EventKind::promoted);
}

TEST(Controller, AClockThatJumpsPromotesNothing) {
  Rollout rollout(guide_plan());
  rollout.go(hours{1});
  rollout.now += hours{24 * 365};
  EXPECT_FALSE(rollout.go(hours{1}).event);
  EXPECT_LE(rollout.state->baked, hours{2} + max_gap);
  rollout.now -= hours{24 * 400};
  EXPECT_FALSE(rollout.go(hours{1}).event);
  EXPECT_LE(rollout.state->baked, hours{3} + 2 * max_gap);
  EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted);
}

TEST(Controller, AFreezeHoldsPromotionNotGuardrails) {
  Plan plan = guide_plan();
  plan.freezes = {{beginning + hours{24 * 5}, beginning + hours{24 * 20}, "a fair"}};
  Rollout rollout(plan);
  const Step held = rollout.go(hours{24 * 30});
  EXPECT_EQ(held.event->kind, EventKind::held);
  EXPECT_NE(describe(held.why).find("a fair"), std::string::npos);
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::promoted);
  EXPECT_GE(rollout.now, plan.freezes[0].to);

  Rollout guarded(plan);
  guarded.go(hours{24 * 6});
  guarded.spoil = [](Readings& r) { ring(r, "audio-transcription-lambda-errors", 10, 0); };
  EXPECT_EQ(guarded.go(hours{1}).event->kind, EventKind::disabled);
}

TEST(Controller, AnATrialGivesTheCanaryNothing) {
  Plan plan = guide_plan();
  plan.a_a = true;
  Rollout rollout(plan);
  EXPECT_TRUE(rollout.flag.flag.a_a);
  EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted);
}

TEST(Controller, NothingIsPromotedWhileTheFiguresCannotBeRead) {
  Plan plan = timeline_plan();  // its first phase is judged by alarms alone
  Rollout rollout(plan);
  rollout.go(hours{24});
  const auto baked = rollout.state->baked;
  rollout.spoil = forget_figures;
  Step step = rollout.go(hours{24 * 20});
  ASSERT_TRUE(step.event);
  EXPECT_EQ(step.event->kind, EventKind::held);
  EXPECT_EQ(describe(step.why), "The figures cannot be read.");
  step = rollout.go(hours{24 * 20});
  EXPECT_FALSE(step.event) << "it is said once: " << describe(step.why);
  EXPECT_EQ(rollout.state->baked, baked) << "no bake time passes";
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 0);
  rollout.spoil = [](Readings&) {};
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::went_on);
  EXPECT_EQ(rollout.go(hours{24 * 7}).event->kind, EventKind::promoted);
}

}  // namespace
}  // namespace sotto::rollout

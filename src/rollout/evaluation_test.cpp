#include "rollout/evaluation.hpp"

#include <rapidcheck/gtest.h>

#include <chrono>

#include "rollout/bucket.hpp"

namespace sotto::rollout {
namespace {

const UtcTime noon = *parse_utc("2026-11-24T12:00:00Z");
const std::string session = "golden-eagle-427";  // bucket 73

InForce at_percentage(int percentage) {
  InForce in_force;
  in_force.flag.rollout_percentage = percentage;
  in_force.version = 7;
  in_force.source = Source::store;
  return in_force;
}

std::string answer(const InForce& in_force, UtcTime now = noon) {
  const Evaluation decision = evaluate(in_force, session, now);
  return std::string(decision.enabled ? "on: " : "off: ") + std::string(to_string(decision.reason));
}

TEST(Evaluation, IsOnWhenTheBucketIsBelowThePercentage) {
  EXPECT_EQ(answer(at_percentage(0)), "off: outside_rollout");
  EXPECT_EQ(answer(at_percentage(73)), "off: outside_rollout");
  EXPECT_EQ(answer(at_percentage(74)), "on: rollout");
  EXPECT_EQ(answer(at_percentage(100)), "on: rollout");
}

TEST(Evaluation, SaysWhatItWasDecidedBy) {
  InForce in_force = at_percentage(80);
  in_force.flag.min_stability_threshold = 0.9;
  in_force.flag.max_buffer_timeout = milliseconds{3000};
  const Evaluation decision = evaluate(in_force, session, noon);
  EXPECT_EQ(decision.bucket, 73);
  EXPECT_EQ(decision.rollout_percentage, 80);
  EXPECT_EQ(decision.version, 7u);
  EXPECT_EQ(decision.min_stability_threshold, 0.9);
  EXPECT_EQ(decision.max_buffer_timeout, milliseconds{3000});
}

TEST(Evaluation, TheEnvironmentWinsThenTheSwitchThenTheOverrideThenTheBucket) {
  InForce in_force = at_percentage(0);
  in_force.flag.overrides = {{session, true, noon + std::chrono::hours(1)}};
  EXPECT_EQ(answer(in_force), "on: override_on");
  in_force.flag.enabled = false;
  EXPECT_EQ(answer(in_force), "off: disabled");
  in_force.environment_off = true;
  EXPECT_EQ(answer(in_force), "off: environment_off");

  in_force = at_percentage(100);
  in_force.flag.overrides = {{session, false, noon + std::chrono::hours(1)}};
  EXPECT_EQ(answer(in_force), "off: override_off");
  in_force.flag.overrides = {{"another-session-100", false, noon + std::chrono::hours(1)}};
  EXPECT_EQ(answer(in_force), "on: rollout");
}

TEST(Evaluation, AControlGroupIsKeptAtEveryPercentage) {
  InForce in_force = at_percentage(100);
  in_force.flag.control_percentage = 2;
  int on = 0, control = 0;
  for (int i = 0; i < 5000; ++i) {
    const Evaluation decision = evaluate(in_force, "talk-" + std::to_string(i), noon);
    EXPECT_EQ(decision.canary, decision.enabled);
    EXPECT_EQ(decision.share, 98);
    EXPECT_EQ(decision.enabled, decision.bucket < 98);
    EXPECT_TRUE(decision.enabled || decision.reason == Reason::control_group);
    ++(decision.enabled ? on : control);
  }
  EXPECT_NEAR(control, 100, 40);
  in_force.flag.rollout_percentage = 50;
  EXPECT_EQ(evaluate(in_force, session, noon).share, 50) << "there is control enough";
}

TEST(Evaluation, InAnATrialTheCanaryGetsNothing) {
  InForce in_force = at_percentage(100);
  in_force.flag.a_a = true;
  EXPECT_EQ(answer(in_force), "off: a_a");
  EXPECT_TRUE(evaluate(in_force, session, noon).canary);
  in_force.flag.rollout_percentage = 0;
  EXPECT_FALSE(evaluate(in_force, session, noon).canary);
}

TEST(Evaluation, AStepBackReachesLiveSessionsBeyondThePercentage) {
  InForce in_force = at_percentage(10);
  in_force.flag.recall_live = true;
  int left = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string id = "talk-" + std::to_string(i);
    const auto reason = killed(in_force, id, noon);
    EXPECT_EQ(reason.has_value(), evaluate(in_force, id, noon).bucket >= 10);
    EXPECT_EQ(reason.value_or(Reason::stepped_back), Reason::stepped_back);
    left += reason.has_value();
  }
  EXPECT_GT(left, 150);
  in_force.flag.rollout_percentage = 0;
  in_force.flag.overrides = {{session, true, noon + std::chrono::hours(1)}};
  EXPECT_EQ(killed(in_force, session, noon), std::nullopt) << "a person said on";
}

TEST(Evaluation, AnOverrideEndsWhenItExpires) {
  InForce in_force = at_percentage(0);
  in_force.flag.overrides = {{session, true, noon}};
  EXPECT_EQ(answer(in_force, noon - milliseconds{1}), "on: override_on");
  EXPECT_EQ(answer(in_force, noon), "off: outside_rollout");
}

TEST(Evaluation, WithoutAnyFlagNobodyIsOn) {
  EXPECT_EQ(answer(InForce{}), "off: fallback");
  InForce in_force = at_percentage(100);
  in_force.source = Source::last_good;
  EXPECT_EQ(answer(in_force), "on: rollout");
}

TEST(Evaluation, OnlyTheSwitchAndAnOverrideMoveALiveSession) {
  EXPECT_EQ(killed(at_percentage(0), session, noon), std::nullopt)
      << "a smaller percentage does not";
  EXPECT_EQ(killed(InForce{}, session, noon), std::nullopt) << "a store that is gone does not";
  InForce in_force = at_percentage(100);
  in_force.flag.overrides = {{session, false, noon + std::chrono::hours(1)}};
  EXPECT_EQ(killed(in_force, session, noon), Reason::override_off);
  EXPECT_EQ(killed(in_force, "another-session-100", noon), std::nullopt);
  in_force.flag.enabled = false;
  EXPECT_EQ(killed(in_force, "another-session-100", noon), Reason::disabled);
}

// A session that is on at a percentage is on at every larger one, whatever its id and the salt.
RC_GTEST_PROP(EvaluationProperties, AGrowingPercentageOnlyEverAddsSessions,
              (const std::string& id, bool salted)) {
  InForce in_force = at_percentage(0);
  if (salted) in_force.flag.salt = "autumn-2026";
  bool was_on = false;
  int changes = 0;
  for (int percentage = 0; percentage <= 100; ++percentage) {
    in_force.flag.rollout_percentage = percentage;
    const bool on = evaluate(in_force, id, noon).enabled;
    RC_ASSERT(on || !was_on);
    changes += on != was_on;
    was_on = on;
  }
  RC_ASSERT(was_on && changes == 1);
}

}  // namespace
}  // namespace sotto::rollout

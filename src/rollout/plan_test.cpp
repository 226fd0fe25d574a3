#include "rollout/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sotto::rollout {
namespace {

bool has(const Phase& phase, Measure measure) {
  return std::any_of(phase.rules.begin(), phase.rules.end(),
                     [&](const Rule& rule) { return rule.measure == measure; });
}

TEST(Plan, TheGuidesPhasesAndCriteriaAreBuiltIn) {
  const Plan plan = guide_plan();
  ASSERT_TRUE(validate(plan));
  ASSERT_EQ(plan.phases.size(), 3u);
  EXPECT_EQ(plan.phases[0].rollout_percentage, 10);
  EXPECT_EQ(plan.phases[1].rollout_percentage, 50);
  EXPECT_EQ(plan.phases[2].rollout_percentage, 100);
  EXPECT_EQ(plan.phases[0].bake, std::chrono::hours(168));
  for (const Phase& phase : plan.phases) {
    EXPECT_TRUE(has(phase, Measure::latency_p95) && has(phase, Measure::feedback)) << phase.name;
    EXPECT_EQ(has(phase, Measure::cost), phase.name != "canary");
    EXPECT_EQ(has(phase, Measure::rollbacks), phase.name == "full");
  }
  EXPECT_EQ(guide_rule(Measure::latency_p95).limit, 5000);
  EXPECT_EQ(guide_rule(Measure::cost).limit, 0.10);
  EXPECT_EQ(canary_share(plan, plan.phases[2]), 98) << "a control group stays";
  EXPECT_EQ(canary_share(plan, plan.phases[1]), 50);
}

TEST(Plan, TheTimelineBeginsWithAWeekBefore) {
  const Plan plan = timeline_plan();
  ASSERT_TRUE(validate(plan));
  ASSERT_EQ(plan.phases.size(), 4u);
  EXPECT_EQ(plan.phases[0].rollout_percentage, 0);
  std::chrono::hours before_full{0};
  for (std::size_t i = 0; i < 3; ++i) before_full += plan.phases[i].bake;
  EXPECT_EQ(before_full, std::chrono::hours(5 * 168));
}

TEST(Plan, ADocumentIsReadBackTheSame) {
  for (Plan plan : {guide_plan(), timeline_plan()}) {
    plan.freezes.push_back(
        {UtcTime{milliseconds{1000}}, UtcTime{milliseconds{2000}}, "a \"fair\""});
    plan.phases[1].approval = true;
    plan.phases[0].rules[0].missing = MissingPolicy::pass;
    plan.a_a = true;
    const auto read = parse_plan(to_document(plan));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, plan);
  }
}

TEST(Plan, WhatIsNotSaidIsTheGuides) {
  const auto plan = parse_plan(R"({"name":"ours","phases":[
    {"name":"few","rollout_percentage":5,"bake_hours":24,
     "criteria":["latency_p95",{"name":"feedback","limit":30,"missing":"pass"}]},
    {"name":"half","rollout_percentage":50}]})");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->phases[0].rules.size(), 2u);
  EXPECT_EQ(plan->phases[0].rules[1].limit, 30);
  EXPECT_EQ(plan->phases[0].rules[1].remedy, Remedy::step_back);
  EXPECT_EQ(plan->phases[1].rules, guide_rules(50));
  EXPECT_EQ(plan->phases[1].bake, std::chrono::hours(168));
  EXPECT_EQ(plan->control_percentage, 2);
  EXPECT_EQ(parse_plan("{}")->phases, guide_plan().phases);
}

TEST(Plan, RefusesWhatIsWrongAndNamesIt) {
  struct Case {
    std::string document, field;
  };
  const auto phase = [](const std::string& members) {
    return R"({"phases":[{"name":"few","rollout_percentage":5)" + members + "}]}";
  };
  const Case cases[] = {
      {"[]", "document"},
      {"{\"phases\":[]}", "phases"},
      {"{\"phases\":3}", "phases"},
      {"{\"speed\":3}", "speed"},
      {"{\"alpha\":0.5}", "alpha"},
      {"{\"alpha\":\"x\"}", "alpha"},
      {"{\"control_percentage\":60}", "control_percentage"},
      {"{\"look_minutes\":0}", "look_minutes"},
      {"{\"alarms\":{\"a\":\"shout\"}}", "alarms"},
      {R"({"freeze":[{"from":"2026-12-24T00:00:00Z"}]})", "freeze"},
      {R"({"freeze":[{"from":"2026-12-24T00:00:00Z","to":"2026-12-24T00:00:00Z"}]})", "freeze"},
      {R"({"freeze":[{"from":"yule","to":"2026-12-24T00:00:00Z"}]})", "from"},
      {R"({"phases":[{"name":"few"}]})", "rollout_percentage"},
      {R"({"phases":[{"rollout_percentage":5}]})", "name"},
      {phase(",\"bake_hours\":-1"), "bake_hours"},
      {phase(",\"min_sessions\":0"), "min_sessions"},
      {phase(",\"approval\":1"), "approval"},
      {phase(",\"mood\":1"), "mood"},
      {phase(",\"criteria\":[]"), "criteria"},
      {phase(",\"criteria\":[\"mood\"]"), "criteria"},
      {phase(",\"criteria\":[\"cost\",\"cost\"]"), "criteria"},
      {phase(R"(,"criteria":[{"limit":3}])"), "criteria"},
      {phase(R"(,"criteria":[{"name":"cost","limit":-3}])"), "limit"},
      {phase(R"(,"criteria":[{"name":"cost","breaches":3,"of":2}])"), "breaches"},
      {phase(R"(,"criteria":[{"name":"cost","of":33}])"), "of"},
      {phase(R"(,"criteria":[{"name":"cost","on_failure":"pray"}])"), "on_failure"},
      {R"({"phases":[{"name":"a","rollout_percentage":50},{"name":"b","rollout_percentage":50}]})",
       "rollout_percentage"},
      {R"({"name":"a","name":"b"})", "name"},
  };
  for (const Case& one : cases) {
    const auto plan = parse_plan(one.document);
    ASSERT_FALSE(plan) << one.document;
    EXPECT_EQ(plan.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(plan.error().field, one.field) << one.document << ": " << plan.error().message;
  }
  EXPECT_FALSE(parse_plan(std::string(max_plan_bytes + 1, ' ')));
}

TEST(Plan, AFreezeHoldsFromItsBeginningUntilItsEnd) {
  Plan plan = guide_plan();
  const UtcTime noon{std::chrono::hours(12)};
  plan.freezes = {{noon, noon + std::chrono::hours(1), "fair"}};
  EXPECT_EQ(freeze_at(plan, noon - milliseconds{1}), nullptr);
  EXPECT_NE(freeze_at(plan, noon), nullptr);
  EXPECT_EQ(freeze_at(plan, noon + std::chrono::hours(1)), nullptr);
}

}  // namespace
}  // namespace sotto::rollout

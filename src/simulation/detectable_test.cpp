#include "simulation/detectable.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sotto::simulation {
namespace {

using rollout::Measure;
using rollout::SessionOutcome;

DetectableHarm of_healthy(double a_day, const rollout::Plan& plan = rollout::guide_plan()) {
  return detectable_harm(plan, healthy_control(1000), {.sessions_a_day = a_day, .splits = 3});
}

const Detectable& comparison(const DetectablePhase& phase, Measure measure) {
  return *std::find_if(phase.comparisons.begin(), phase.comparisons.end(),
                       [&](const Detectable& one) { return one.measure == measure; });
}

TEST(DetectableHarm, OfFewSessionsIsLargeAndAsksForApproval) {
  const DetectableHarm harm = of_healthy(20);
  ASSERT_EQ(harm.phases.size(), 3u);
  const DetectablePhase& canary = harm.phases[0];
  EXPECT_EQ(canary.phase, "canary");
  EXPECT_EQ(canary.share, 10);
  EXPECT_EQ(canary.bake_days, 7);
  EXPECT_NEAR(static_cast<double>(canary.canary_sessions + canary.control_sessions), 140, 3);
  EXPECT_TRUE(canary.asks());
  const Detectable& errors = comparison(canary, Measure::error_rate);
  EXPECT_EQ(errors.margin, 5);
  ASSERT_TRUE(errors.excluded);
  EXPECT_GT(*errors.excluded, 5);
}

TEST(DetectableHarm, OfManySessionsIsSmallAndIsSettledInTime) {
  const DetectableHarm harm = of_healthy(2000);
  const DetectablePhase& canary = harm.phases[0];
  EXPECT_FALSE(canary.asks()) << canary.days.value_or(-1);
  for (const Detectable& one : canary.comparisons) {
    SCOPED_TRACE(rollout::info(one.measure).name);
    ASSERT_TRUE(one.days);
    EXPECT_LE(*one.days, 7);
    if (one.measure == Measure::sample_ratio) continue;
    ASSERT_TRUE(one.excluded);
    EXPECT_LE(*one.excluded, one.margin);
    EXPECT_GT(*one.excluded, 0);
  }
  const auto fewer = of_healthy(200);
  for (const Measure measure : {Measure::latency_ratio, Measure::error_rate})
    EXPECT_LT(*comparison(canary, measure).excluded,
              *comparison(fewer.phases[0], measure).excluded);
}

TEST(DetectableHarm, IsTheSameOfTheSameSessions) {
  const DetectableHarm once = of_healthy(100), again = of_healthy(100);
  for (std::size_t i = 0; i < once.phases.size(); ++i)
    for (std::size_t k = 0; k < once.phases[i].comparisons.size(); ++k) {
      EXPECT_EQ(once.phases[i].comparisons[k].excluded, again.phases[i].comparisons[k].excluded);
      EXPECT_EQ(once.phases[i].comparisons[k].days, again.phases[i].comparisons[k].days);
    }
}

TEST(DetectableHarm, IsOfNoInterestWhereNobodyOrEverybodyHasTheFeature) {
  rollout::Plan plan = rollout::timeline_plan();
  plan.control_percentage = 0;
  const DetectableHarm harm = of_healthy(30, plan);
  EXPECT_TRUE(harm.phases.front().comparisons.empty());
  EXPECT_FALSE(harm.phases.front().asks());
  EXPECT_FALSE(harm.phases[1].comparisons.empty());
  EXPECT_TRUE(harm.phases.back().comparisons.empty());
  EXPECT_EQ(harm.phases.back().control_sessions, 0u);
}

TEST(DetectableHarm, ABakeTimeMayBeOfHoursOrNone) {
  rollout::Plan plan = rollout::guide_plan();
  plan.phases.resize(2);
  plan.phases[0].bake = std::chrono::hours{36};
  plan.phases[1].bake = std::chrono::hours{0};
  const DetectableHarm harm = of_healthy(100, plan);
  EXPECT_EQ(harm.phases[0].bake_days, 1.5);
  EXPECT_NEAR(static_cast<double>(harm.phases[0].canary_sessions + harm.phases[0].control_sessions),
              150, 2);
  EXPECT_EQ(harm.phases[1].canary_sessions, 0u);
  EXPECT_TRUE(harm.phases[1].asks());
}

TEST(DetectableHarm, TakesTheRateAndTheSessionsOfTheRecord) {
  auto outcomes = healthy_control(800);  // 80 a day
  for (std::size_t i = 0; i < outcomes.size(); i += 2) outcomes[i].canary = true;
  const DetectableHarm harm = detectable_harm(rollout::guide_plan(), outcomes, {.splits = 1});
  EXPECT_EQ(harm.recorded, 400u) << "canary sessions are not drawn from";
  EXPECT_NEAR(harm.sessions_a_day, 80, 15) << "but counted";
  EXPECT_TRUE(detectable_harm(rollout::guide_plan(), {}).phases.empty());
}

}  // namespace
}  // namespace sotto::simulation

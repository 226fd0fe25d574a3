#include "simulation/simulate.hpp"

#include <gtest/gtest.h>

namespace sotto::simulation {
namespace {

using rollout::EventKind;
using rollout::Measure;
using std::chrono::days;
using std::chrono::weeks;

Played run(const Scenario& scenario, std::uint64_t seed = 1,
           const rollout::Plan& plan = rollout::guide_plan(), std::chrono::hours at_most = weeks{8},
           bool memoise = true) {
  Random random(seed);
  PlayOptions options;
  options.started_at = simulated_start;
  options.at_most = at_most;
  options.memoise = memoise;
  return simulate(plan, scenario, options, random);
}

Played run(std::string_view scenario, std::uint64_t seed = 1) {
  return run(*scenario_named(scenario), seed);
}

TEST(Simulate, AHealthyRolloutCompletes) {
  for (const std::string_view name : {"healthy", "bursty", "daily-cycle"}) {
    Scenario scenario = *scenario_named(name);
    scenario.sessions_a_day = 800;  // of 80 a day, a week does not tell enough
    const Played played = run(scenario);
    EXPECT_EQ(played.ending, Ending::completed) << name << ": " << played.why;
    EXPECT_EQ(played.percentage, 100);
    EXPECT_FALSE(played.found);
    EXPECT_EQ(played.events.front().kind, EventKind::started);
    EXPECT_EQ(played.events.back().kind, EventKind::completed);
    EXPECT_GE(*played.to_full, weeks{2});
    EXPECT_LT(*played.to_full, weeks{3});
  }
}

TEST(Simulate, AnErroringOneIsDisabled) {
  Scenario erroring = *scenario_named("erroring");
  erroring.sessions_a_day = 300;  // of 80 a day, three weeks tell in one of two rollouts
  const Played played = run(erroring);
  EXPECT_EQ(played.ending, Ending::rolled_back);
  ASSERT_TRUE(played.found);
  EXPECT_EQ(played.found->kind, EventKind::disabled);
  EXPECT_EQ(played.found->by, Measure::error_rate);
  EXPECT_EQ(played.percentage, 0);
  EXPECT_GE(played.exposed, played.found->canary_sessions);
}

TEST(Simulate, ASlowerOneStepsBack) {
  for (const std::string_view name : {"slower", "slightly-slower"}) {
    const Played played = run(name, 3);
    EXPECT_EQ(played.ending, Ending::rolled_back) << name;
    ASSERT_TRUE(played.found);
    EXPECT_EQ(played.found->kind, EventKind::stepped_back);
    EXPECT_EQ(played.found->by, Measure::latency_ratio);
    EXPECT_EQ(played.found->phase, "canary");
    EXPECT_EQ(played.percentage, 0);
  }
}

TEST(Simulate, ACostlierOneIsHeldAtFiftyPercent) {
  const Played played = run("costlier");
  EXPECT_EQ(played.ending, Ending::stuck);
  ASSERT_TRUE(played.found);
  EXPECT_EQ(played.found->kind, EventKind::held);
  EXPECT_EQ(played.found->by, Measure::cost);
  EXPECT_EQ(played.phase, "gradual");
  EXPECT_EQ(played.percentage, 50);
  EXPECT_GT(played.failing, weeks{2});
}

TEST(Simulate, ASparseOneIsNotPromotedWithoutSessionsEnough) {
  const Played played = run("sparse");
  EXPECT_EQ(played.ending, Ending::stuck);
  EXPECT_FALSE(played.found) << "nothing is wrong with it";
  EXPECT_EQ(played.phase, "canary");
  EXPECT_LT(played.canary_sessions, rollout::guide_plan().phases[0].min_sessions);
  EXPECT_EQ(std::count_if(played.events.begin(), played.events.end(),
                          [](const auto& event) { return event.kind == EventKind::promoted; }),
            0);
}

TEST(Simulate, AnEffectThatComesLateIsFoundAfterIt) {
  Scenario slower = *scenario_named("slower");
  slower.effect.from = days{9};
  const Played played = run(slower, 3);
  ASSERT_TRUE(rightly_stopped(slower, played)) << played.why;
  EXPECT_EQ(played.found->phase, "gradual");
  EXPECT_GT(played.found->at, simulated_start + days{9});
  EXPECT_LT(played.found->canary_sessions, 200u);
}

TEST(Simulate, AnAATrialOfWhateverScenarioIsHealthy) {
  rollout::Plan plan = rollout::guide_plan();
  plan.a_a = true;
  Scenario erroring = *scenario_named("erroring");
  erroring.sessions_a_day = 800;
  const Played played = run(erroring, 1, plan);
  EXPECT_EQ(played.ending, Ending::completed) << played.why;
  EXPECT_EQ(played.exposed, 0u);
}

TEST(Simulate, WhatIsRememberedEqualsWhatIsJudgedAnew) {
  rollout::Plan plan = rollout::timeline_plan();
  for (rollout::Phase& phase : plan.phases) {
    phase.bake = days{1};
    phase.min_sessions = 3;
  }
  for (const Scenario& scenario : scenarios()) {
    if (!scenario.usual && scenario.outages.empty()) continue;
    SCOPED_TRACE(scenario.name);
    const Played fast = run(scenario, 5, plan, days{4});
    const Played plain = run(scenario, 5, plan, days{4}, false);
    ASSERT_EQ(fast.events.size(), plain.events.size());
    for (std::size_t i = 0; i < fast.events.size(); ++i) {
      EXPECT_EQ(fast.events[i].kind, plain.events[i].kind);
      EXPECT_EQ(fast.events[i].at, plain.events[i].at);
      EXPECT_EQ(fast.events[i].why, plain.events[i].why);
      EXPECT_EQ(fast.events[i].percentage_after, plain.events[i].percentage_after);
    }
    EXPECT_EQ(fast.why, plain.why);
    EXPECT_EQ(fast.failing, plain.failing);
    EXPECT_EQ(fast.sessions, plain.sessions);
  }
}

TEST(Simulate, IsToldOfEachSessionThatEnds) {
  Random random(1);
  PlayOptions options;
  options.started_at = simulated_start;
  options.at_most = weeks{1};
  std::vector<UtcTime> ended;
  options.ended = [&](const rollout::SessionOutcome& one) { ended.push_back(one.ended_at); };
  const Played played =
      simulate(rollout::guide_plan(), *scenario_named("healthy"), options, random);
  EXPECT_EQ(ended.size(), played.sessions);
  EXPECT_TRUE(std::is_sorted(ended.begin(), ended.end()));
  EXPECT_EQ(played.ending, Ending::on_its_way);
}

TEST(Summary, CountsAndTakesMedians) {
  const Scenario slower = *scenario_named("slower");
  std::vector<Played> all;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) all.push_back(run("slower", seed));
  Played wrong = all.back();
  wrong.found->by = Measure::cost;
  all.push_back(wrong);
  const Summary summary = summarise(slower, all);
  EXPECT_EQ(summary.runs, 6u);
  EXPECT_EQ(summary.rolled_back, 6u);
  EXPECT_EQ(summary.found, 5u);
  EXPECT_EQ(summary.false_alarms, 1u);
  EXPECT_GT(*summary.canary_sessions, 5);
  EXPECT_FALSE(summary.days_to_full);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(time_for(rollout::guide_plan()), weeks{8});
}

}  // namespace
}  // namespace sotto::simulation

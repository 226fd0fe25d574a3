#include "simulation/backtest.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/simulate.hpp"

namespace sotto::simulation {
namespace {

using rollout::EventKind;
using rollout::Measure;
using rollout::SessionOutcome;
using std::chrono::weeks;

// What a server would have kept: a simulated rollout's sessions.
std::vector<SessionOutcome> recorded(std::string_view scenario, const rollout::Plan& plan,
                                     std::chrono::hours time, Played* played = nullptr) {
  Random random(1);
  PlayOptions options;
  options.started_at = simulated_start;
  options.at_most = time;
  std::vector<SessionOutcome> outcomes;
  options.ended = [&](const SessionOutcome& one) { outcomes.push_back(one); };
  const Played done = simulate(plan, *scenario_named(scenario), options, random);
  if (played) *played = done;
  std::stable_sort(outcomes.begin(), outcomes.end(),
                   [](const auto& a, const auto& b) { return a.began_at < b.began_at; });
  return outcomes;
}

TEST(Backtest, DecidesAsThePlanDidAtTheTime) {
  Played played;
  const auto outcomes = recorded("slightly-slower", rollout::guide_plan(), weeks{8}, &played);
  const Backtest again = backtest(rollout::guide_plan(), outcomes);
  ASSERT_TRUE(again.played.found) << again.played.why;
  EXPECT_EQ(again.played.found->by, Measure::latency_ratio);
  EXPECT_EQ(again.played.found->canary_sessions, played.found->canary_sessions);
  EXPECT_LE(abs(again.played.found->at - played.found->at), std::chrono::minutes{1});
  EXPECT_TRUE(again.left_out.empty());
}

TEST(Backtest, TakesForMetWhatTheRecordDoesNotHave) {
  auto outcomes = recorded("healthy", rollout::guide_plan(), std::chrono::days{1});
  for (SessionOutcome& outcome : outcomes) {
    outcome.thumbs_up = outcome.thumbs_down = 0;
    outcome.listeners = outcome.listeners_left = 0;
  }
  EXPECT_EQ(backtest(rollout::guide_plan(), outcomes).left_out,
            (std::vector<Measure>{Measure::feedback, Measure::listeners_left}));
}

TEST(Backtest, ComparesNothingWhereTheRecordHasAnotherShare) {
  rollout::Plan plan = rollout::guide_plan();
  const auto outcomes = recorded("healthy", plan, weeks{2});
  plan.phases[0].rollout_percentage = 20;
  const Backtest other = backtest(plan, outcomes);
  EXPECT_EQ(other.played.compared, 0u);
  EXPECT_EQ(other.played.ending, Ending::asks);
  EXPECT_EQ(other.played.phase, "canary");
}

TEST(Backtest, NoSessionsAreNoRollout) {
  const Backtest empty = backtest(rollout::guide_plan(), {});
  EXPECT_EQ(empty.played.sessions, 0u);
  EXPECT_EQ(empty.played.ending, Ending::on_its_way);
  EXPECT_EQ(split_control(rollout::guide_plan(), {}, 3).stopped, 0u);
}

TEST(Backtest, SplitsOfHealthyControlAreNotStopped) {
  const auto outcomes = recorded("healthy", rollout::timeline_plan(), weeks{1});
  const FalseAlarms none = split_control(rollout::guide_plan(), outcomes, 20);
  EXPECT_EQ(none.sessions, outcomes.size()) << "a week in which nobody has the feature";
  EXPECT_EQ(none.splits, 20u);
  EXPECT_EQ(none.stopped, 0u);
}

TEST(Backtest, ALimitThatAllAreBeyondStopsNoSplit) {
  auto outcomes = recorded("healthy", rollout::timeline_plan(), weeks{1});
  for (SessionOutcome& outcome : outcomes) outcome.orphaned = 20;
  const FalseAlarms all = split_control(rollout::guide_plan(), outcomes, 5);
  EXPECT_EQ(all.stopped, 0u) << "both arms have it";
}

}  // namespace
}  // namespace sotto::simulation

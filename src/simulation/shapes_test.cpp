// The shapes of traffic that the gates are for, each with few, fixed seeds; bench/rollouts plays
// hundreds of each.
#include <gtest/gtest.h>

#include "simulation/simulate.hpp"

namespace sotto::simulation {
namespace {

using std::chrono::weeks;

Played run(const Scenario& scenario, std::uint64_t seed, std::chrono::hours at_most) {
  Random random(seed);
  PlayOptions options;
  options.started_at = simulated_start;
  options.at_most = at_most;
  return simulate(rollout::guide_plan(), scenario, options, random);
}

// Plays a shape with the first so many seeds.
template <class Check>
void each(const char* name, std::uint64_t seeds, std::chrono::hours at_most, Check check) {
  const auto scenario = scenario_named(name);
  ASSERT_TRUE(scenario) << name;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Played played = run(*scenario, seed, at_most);
    SCOPED_TRACE(std::string(name) + ", seed " + std::to_string(seed) + ": " +
                 std::string(to_string(played.ending)) + " in " + played.phase + ", " + played.why);
    check(*scenario, played);
  }
}

bool silent(const Played& played) { return played.ending == Ending::stuck && !played.held; }

TEST(Shapes, HealthyTrafficIsNeverTakenBack) {
  for (const char* name : {"healthy", "healthy-bimodal", "healthy-pareto-2.2", "healthy-pareto-1.5",
                           "healthy-canary-spread", "healthy-daily-cycle", "healthy-weekend-dips",
                           "healthy-drift", "healthy-bad-days"})
    each(name, 2, weeks{6}, [](const Scenario& scenario, const Played& played) {
      EXPECT_NE(played.ending, Ending::rolled_back);
      EXPECT_FALSE(wrongly_stopped(scenario, played));
      EXPECT_FALSE(silent(played));
    });
}

TEST(Shapes, FewSessionsADayAskForApprovalAndSayWhatIsNotKnown) {
  for (const char* name : {"sparse-30", "sparse-20", "sparse-12", "sparse-8", "sparse-5"})
    each(name, 3, weeks{3}, [](const Scenario&, const Played& played) {
      EXPECT_TRUE(played.asked);
      EXPECT_FALSE(silent(played));
      EXPECT_NE(played.ending, Ending::rolled_back);
      EXPECT_NE(played.ending, Ending::stuck);
    });
}

TEST(Shapes, AnOutageOfBothArmsIsNamedAndHeld) {
  for (const char* name :
       {"outage-latency", "outage-errors", "outage-fallbacks", "outage-orphaned"})
    each(name, 3, weeks{2}, [](const Scenario&, const Played& played) {
      EXPECT_TRUE(played.said_both_arms);
      EXPECT_NE(played.ending, Ending::rolled_back);
    });
}

TEST(Shapes, HarmIsFoundOrAskedAboutAndNeverPromotedToAll) {
  for (const char* name : {"erroring", "errors-5-to-20", "errors-2-to-10", "short-sessions",
                           "thumbs-down", "cold-cache"})
    each(name, 3, weeks{4}, [](const Scenario&, const Played& played) {
      EXPECT_FALSE(played.to_full);
      EXPECT_TRUE(played.found || played.asked);
      EXPECT_FALSE(silent(played));
    });
  each("errors-2-to-4", 2, weeks{3}, [](const Scenario&, const Played& played) {
    EXPECT_FALSE(played.to_full);
    EXPECT_TRUE(played.found || played.asked || played.ending == Ending::on_its_way);
  });
}

TEST(Shapes, ASlowerCanaryIsTakenBack) {
  for (const char* name : {"slower", "slightly-slower"})
    each(name, 3, weeks{4}, [](const Scenario& scenario, const Played& played) {
      EXPECT_EQ(played.ending, Ending::rolled_back);
      EXPECT_TRUE(rightly_stopped(scenario, played));
    });
}

TEST(Shapes, AnAssignmentFaultIsNamedAndNothingElseJudged) {
  each("assignment-13-for-10", 3, weeks{8}, [](const Scenario&, const Played& played) {
    EXPECT_TRUE(played.said_assignment_fault);
    EXPECT_NE(played.ending, Ending::rolled_back);
    EXPECT_FALSE(played.to_full);
    ASSERT_TRUE(played.found);
    EXPECT_EQ(played.found->by, rollout::Measure::sample_ratio);
  });
}

TEST(Shapes, TwoSlowSessionsAreNoReasonToAct) {
  each("two-slow-sessions", 3, weeks{2}, [](const Scenario&, const Played& played) {
    EXPECT_NE(played.ending, Ending::rolled_back);
    EXPECT_FALSE(played.found);
    for (const rollout::RolloutEvent& event : played.events)
      EXPECT_NE(event.kind, rollout::EventKind::stepped_back) << event.why;
  });
}

}  // namespace
}  // namespace sotto::simulation

// The guide's timeline under a clock that only the test moves, on traffic as it comes.
#include <gtest/gtest.h>

#include "simulation/simulate.hpp"

namespace sotto::simulation {
namespace {

using rollout::EventKind;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::weeks;

// Of two hosts one is lost in the sixth week, with the sessions that are live on it; ten sessions
// are overridden by hand, and do badly; in each somebody joins late every minute, and stays.
class AsItComes {
 public:
  AsItComes(const Scenario& scenario, Random* random)
      : traffic_(scenario, simulated_start, random) {}

  std::optional<Session> next(UtcTime until, const rollout::FlagTarget& flag) {
    for (;;) {
      auto session = traffic_.next(until, flag);
      if (!session) return session;
      rollout::SessionOutcome& outcome = session->outcome;
      const bool on_lost_host = ++number_ % 2 == 0;
      if (on_lost_host && outcome.began_at <= lost_at && outcome.ended_at > lost_at) {
        ++lost;
        continue;
      }
      outcome.listeners +=
          static_cast<std::uint64_t>((outcome.ended_at - outcome.began_at) / minutes{1});
      if (outcome.began_at > override_at && overridden < 10 && number_ % 100 == 0) {
        ++overridden;
        outcome.by_bucket = false;
        outcome.canary = overridden % 2 == 0;
        outcome.errors = 9;
        outcome.fallbacks = 1;
        outcome.latency_p95_ms = 60'000;
      }
      return session;
    }
  }

  int lost = 0, overridden = 0;

 private:
  static constexpr UtcTime lost_at = simulated_start + days{38} + hours{5},
                           override_at = simulated_start + days{20};
  SyntheticTraffic traffic_;
  std::uint64_t number_ = 0;
};

TEST(SevenWeeks, HeavyTailedTrafficWithMishapsGetsToEverybody) {
  Scenario scenario = *scenario_named("healthy-pareto-1.5");
  scenario.sessions_a_day = 1000;
  const auto down_from = hours{24 * 10 + 3};
  scenario.outages = {{.from_hour = 24 * 10 + 3,
                       .hours = 6,
                       .latency = 8,
                       .error_chance = 0.7,
                       .fallbacks = 1,
                       .orphaned = 15}};
  Random random(20261130);
  AsItComes traffic(scenario, &random);
  PlayOptions options;
  options.started_at = simulated_start;
  options.at_most = weeks{9};
  const Played played = play(
      rollout::timeline_plan(),
      [&](UtcTime until, const rollout::FlagTarget& flag) { return traffic.next(until, flag); },
      options);
  EXPECT_EQ(traffic.overridden, 10);
  EXPECT_GT(traffic.lost, 0);
  EXPECT_EQ(played.ending, Ending::completed) << played.why;
  EXPECT_EQ(played.percentage, 100);
  EXPECT_TRUE(played.said_both_arms);
  const UtcTime down = simulated_start + down_from, up = down + hours{6};
  for (const rollout::RolloutEvent& event : played.events) {
    EXPECT_NE(event.kind, EventKind::stepped_back) << event.why;
    EXPECT_NE(event.kind, EventKind::disabled) << event.why;
    if (event.kind != EventKind::held) continue;
    // Sessions that were live in it began up to an hour before, and are recent for an hour after.
    const bool in_outage = down - hours{1} <= event.at && event.at < up + hours{2};
    const bool says_both = event.why.find("Both arms have it") != std::string::npos;
    const bool asks = event.why.find("approve it") != std::string::npos;
    EXPECT_TRUE(in_outage ? says_both : asks)
        << format_utc(event.at) << " in " << event.phase << ": " << event.why;
  }
  EXPECT_LE(played.ended_at - simulated_start, weeks{7} + days{2});
}

}  // namespace
}  // namespace sotto::simulation

#include "simulation/scenario.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "simulation/simulate.hpp"

namespace sotto::simulation {
namespace {

using rollout::SessionOutcome;

constexpr rollout::FlagTarget half{.rollout_percentage = 50};

std::vector<Session> sessions(const Scenario& scenario, int weeks, rollout::FlagTarget flag = half,
                              std::uint64_t seed = 1) {
  Random random(seed);
  SyntheticTraffic traffic(scenario, simulated_start, &random);
  std::vector<Session> all;
  while (auto one = traffic.next(simulated_start + std::chrono::weeks{weeks}, flag))
    all.push_back(std::move(*one));
  return all;
}

double mean(const std::vector<Session>& all, bool canary,
            const std::function<double(const SessionOutcome&)>& value) {
  rollout::Moments moments;
  for (const Session& one : all)
    if (one.outcome.canary == canary) moments.add(value(one.outcome));
  return moments.mean;
}

double log_latency(const SessionOutcome& one) { return std::log(one.latency_p95_ms.value_or(1)); }
double failed(const SessionOutcome& one) { return one.errors > 0; }
double cost(const SessionOutcome& one) { return *one.cost_per_listener_hour; }
double erasure(const SessionOutcome& one) { return *one.erasure; }

TEST(Scenario, HasTheMeansThatItStates) {
  for (const Scenario& scenario : scenarios()) {
    SCOPED_TRACE(scenario.name);
    Scenario busy = scenario;
    busy.sessions_a_day = 300;
    const auto all = sessions(busy, 8);
    EXPECT_NEAR(static_cast<double>(all.size()) / 56, 300, 15);
    const double latency = std::log(busy.latency_p95_ms);
    for (const bool canary : {false, true}) {
      const Effect effect = canary ? busy.effect : Effect{};
      // By day there are more sessions: where latency follows the hour, they are the slower ones.
      EXPECT_NEAR(mean(all, canary, log_latency), latency + std::log(effect.latency),
                  busy.latency_swing > 0 ? 0.1 : 0.02);
      EXPECT_NEAR(mean(all, canary, failed), busy.error_chance * effect.errors, 0.01);
      EXPECT_NEAR(mean(all, canary, cost), busy.cost * effect.cost, 0.03 * busy.cost * effect.cost);
    }
    EXPECT_NEAR(mean(all, true, erasure), busy.erasure, 0.03 * busy.erasure);
    EXPECT_EQ(mean(all, false, erasure), 0);
  }
}

TEST(Scenario, SessionsComeInOrderAndLastAnHourAtMost) {
  const auto all = sessions(*scenario_named("bursty"), 2);
  UtcTime before{};
  for (const Session& one : all) {
    EXPECT_GE(one.outcome.began_at, before);
    before = one.outcome.began_at;
    EXPECT_GE(one.outcome.ended_at - one.outcome.began_at, std::chrono::minutes{2});
    EXPECT_LE(one.outcome.ended_at - one.outcome.began_at, std::chrono::minutes{60});
  }
}

TEST(Scenario, TheLogarithmOfLatencyVariesAsStated) {
  rollout::Moments moments;
  for (const Session& one : sessions(*scenario_named("healthy"), 20))
    moments.add(log_latency(one.outcome));
  EXPECT_NEAR(std::sqrt(moments.variance()), 0.35, 0.01);
}

TEST(Scenario, NightsAndWeekendsAreQuiet) {
  int by_day = 0, by_night = 0, weekend = 0, all = 0;
  for (const Session& one : sessions(*scenario_named("healthy"), 20)) {
    const UtcTime at = one.outcome.began_at;
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const auto hour = std::chrono::floor<std::chrono::hours>(at - day).count();
    by_day += hour >= 12 && hour < 16;
    by_night += hour < 4;
    weekend += std::chrono::weekday{day}.iso_encoding() >= 6;
    ++all;
  }
  EXPECT_GT(by_day, 5 * by_night);
  EXPECT_NEAR(static_cast<double>(weekend) / all, 2 * 0.4 / 7, 0.02);
}

TEST(Scenario, BurstsAreBursts) {
  // Of ten minutes in which there are sessions, the most.
  const auto most = [](const std::vector<Session>& all) {
    std::size_t first = 0, largest = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      while (all[i].outcome.began_at - all[first].outcome.began_at > burst_length) ++first;
      largest = std::max(largest, i - first + 1);
    }
    return largest;
  };
  EXPECT_LT(most(sessions(*scenario_named("healthy"), 2)), 10u);
  EXPECT_GT(most(sessions(*scenario_named("bursty"), 2)), 20u);
}

TEST(Scenario, TheArmIsDrawnByTheFlagInForce) {
  const Scenario slower = *scenario_named("slower");
  const auto share = [&](rollout::FlagTarget flag) {
    const auto all = sessions(slower, 8, flag);
    return static_cast<double>(std::count_if(all.begin(), all.end(),
                                             [](const auto& one) { return one.outcome.canary; })) /
           static_cast<double>(all.size());
  };
  EXPECT_EQ(share({.rollout_percentage = 0}), 0);
  EXPECT_EQ(share({.enabled = false, .rollout_percentage = 50}), 0);
  EXPECT_NEAR(share({.rollout_percentage = 10}), 0.1, 0.02);
  EXPECT_NEAR(share({.rollout_percentage = 100, .control_percentage = 2}), 0.98, 0.01);
  EXPECT_EQ(share({.rollout_percentage = 100}), 1);
}

TEST(Scenario, AnAATrialHasNoEffectAndAnEffectItsDay) {
  Scenario slower = *scenario_named("slower");
  rollout::FlagTarget trial = half;
  trial.a_a = true;
  EXPECT_NEAR(mean(sessions(slower, 8, trial), true, log_latency), std::log(1000), 0.03);
  slower.effect.from = std::chrono::days{7};
  const auto all = sessions(slower, 2);
  const auto of_week = [&](int week) {
    std::vector<Session> some;
    for (const Session& one : all)
      if ((one.outcome.began_at - simulated_start) / std::chrono::weeks{1} == week)
        some.push_back(one);
    return mean(some, true, log_latency);
  };
  EXPECT_NEAR(of_week(0), std::log(1000), 0.07);
  EXPECT_NEAR(of_week(1), std::log(1500), 0.07);
}

TEST(Scenario, TheSameSeedIsTheSameSessions) {
  const Scenario healthy = *scenario_named("healthy");
  const auto a = sessions(healthy, 1, half, 7), b = sessions(healthy, 1, half, 7);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].outcome, b[i].outcome);
  EXPECT_FALSE(scenario_named("unknown"));
}

}  // namespace
}  // namespace sotto::simulation

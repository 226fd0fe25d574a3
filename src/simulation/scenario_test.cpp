#include "simulation/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

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
    if (!scenario.usual) continue;
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

std::vector<double> latencies(const Scenario& scenario, bool canary) {
  std::vector<double> values;
  for (const Session& one : sessions(scenario, 20))
    if (one.outcome.canary == canary) values.push_back(one.outcome.latency_p95_ms.value_or(0));
  std::sort(values.begin(), values.end());
  return values;
}

double quantile(const std::vector<double>& sorted, double at) {
  return sorted[static_cast<std::size_t>(at * static_cast<double>(sorted.size() - 1))];
}

TEST(Scenario, LatenciesAreDistributedAsStated) {
  for (const char* name : {"healthy-pareto-1.5", "healthy-pareto-2.2"}) {
    const Scenario pareto = *scenario_named(name);
    const auto values = latencies(pareto, true);
    const double least = pareto.latency_p95_ms / std::pow(2, 1 / pareto.pareto_index);
    EXPECT_GE(values.front(), 0.999 * least);
    EXPECT_NEAR(quantile(values, 0.5), pareto.latency_p95_ms, 0.03 * pareto.latency_p95_ms);
    EXPECT_NEAR(quantile(values, 0.99) / least, std::pow(0.01, -1 / pareto.pareto_index), 3.5);
  }
  const auto bimodal = latencies(*scenario_named("healthy-bimodal"), false);
  const auto between = [](double value) { return value > 1350 && value < 1650; };
  EXPECT_LT(std::count_if(bimodal.begin(), bimodal.end(), between), 100);
  EXPECT_NEAR(quantile(bimodal, 0.4), 850, 30);
  EXPECT_NEAR(quantile(bimodal, 0.9), 2600, 150);
}

TEST(Scenario, ACanaryMaySpreadMoreAroundTheSameMedian) {
  for (const Distribution distribution : {Distribution::log_normal, Distribution::pareto}) {
    Scenario scenario = *scenario_named("healthy-canary-spread");
    scenario.latency = distribution;
    const auto canary = latencies(scenario, true), control = latencies(scenario, false);
    EXPECT_NEAR(quantile(canary, 0.5) / quantile(control, 0.5), 1, 0.06);
    const auto spread = [](const auto& of) {
      return std::log(quantile(of, 0.8) / quantile(of, 0.2));
    };
    EXPECT_NEAR(spread(canary) / spread(control), 2.5, 0.15);
  }
}

// The mean of the latency's logarithm, less its median's, in sessions that `which` takes.
double shift(const Scenario& scenario, const std::function<bool(const SessionOutcome&)>& which,
             std::uint64_t seed = 1) {
  rollout::Moments moments;
  for (const Session& one : sessions(scenario, 8, half, seed))
    if (which(one.outcome)) moments.add(log_latency(one.outcome));
  return moments.mean - std::log(scenario.latency_p95_ms);
}

TEST(Scenario, BothArmsDriftAndHaveSlowWeekends) {
  const auto between = [](int from, int to) {
    return [=](const SessionOutcome& one) {
      return one.began_at >= simulated_start + std::chrono::days{from} &&
             one.began_at < simulated_start + std::chrono::days{to};
    };
  };
  const Scenario drift = *scenario_named("healthy-drift");
  EXPECT_NEAR(shift(drift, between(12, 16)), std::log(2) / 2, 0.06);
  EXPECT_NEAR(shift(drift, between(30, 56)), std::log(2), 0.04);
  const auto weekend = [](const SessionOutcome& one) {
    return std::chrono::weekday{std::chrono::floor<std::chrono::days>(one.began_at)}
               .iso_encoding() >= 6;
  };
  EXPECT_NEAR(shift(*scenario_named("healthy-weekend-dips"), weekend), std::log(2.25), 0.08);
}

TEST(Scenario, BadDaysAreBothArms) {
  Scenario bad = *scenario_named("healthy-bad-days");
  bad.sessions_a_day = 300;
  std::map<std::chrono::sys_days, std::array<rollout::Moments, 2>> days;
  for (const Session& one : sessions(bad, 20))
    days[std::chrono::floor<std::chrono::days>(one.outcome.began_at)][one.outcome.canary].add(
        log_latency(one.outcome));
  rollout::Moments of_days, apart;
  for (const auto& [day, arms] : days) {
    of_days.add(arms[0].mean);
    apart.add(arms[0].mean - arms[1].mean);
  }
  EXPECT_NEAR(std::sqrt(of_days.variance()), 0.4, 0.06);
  EXPECT_LT(std::sqrt(apart.variance()), 0.1);
}

TEST(Scenario, AnOutageIsOfItsArmsAndHours) {
  Scenario scenario = *scenario_named("healthy");
  scenario.sessions_a_day = 2000;
  scenario.outages = {{.from_hour = 24,
                       .hours = 6,
                       .control = false,
                       .latency = 8,
                       .error_chance = 0.7,
                       .fallbacks = 2,
                       .orphaned = 20,
                       .dropped_a_minute = 200}};
  const UtcTime from = simulated_start + std::chrono::hours{24};
  std::array<rollout::Moments, 2> latency, errors, fallbacks, orphaned, dropped;
  for (const Session& one : sessions(scenario, 1)) {
    const SessionOutcome& outcome = one.outcome;
    if (!outcome.canary && outcome.began_at > from) {
      EXPECT_LT(outcome.orphaned, 11u);
      EXPECT_EQ(outcome.fallbacks, 0u);
    }
    if (!outcome.canary) continue;
    const bool in = outcome.ended_at > from && outcome.began_at < from + std::chrono::hours{6};
    latency[in].add(log_latency(outcome));
    errors[in].add(failed(outcome));
    fallbacks[in].add(static_cast<double>(outcome.fallbacks));
    orphaned[in].add(static_cast<double>(outcome.orphaned));
    dropped[in].add(static_cast<double>(outcome.dropped));
  }
  EXPECT_NEAR(latency[1].mean - latency[0].mean, std::log(8), 0.1);
  EXPECT_NEAR(errors[1].mean, 0.7, 0.08);
  EXPECT_NEAR(errors[0].mean, 0.02, 0.01);
  EXPECT_NEAR(fallbacks[1].mean, 2, 0.3);
  EXPECT_EQ(fallbacks[0].mean, 0);
  EXPECT_NEAR(orphaned[1].mean, 20.2, 1);
  EXPECT_GT(dropped[1].mean, 1000);
  EXPECT_LT(dropped[0].mean, 10);
}

TEST(Scenario, LateCaptionsAreFewerTheHigherTheLimit) {
  Scenario slow = *scenario_named("healthy");
  slow.latency_p95_ms = 5000;
  slow.latency_log_sd = 0;
  double captions = 0, late = 0;
  for (const Session& one : sessions(slow, 4)) {
    const rollout::LateCaptions& counts = *one.outcome.late;
    EXPECT_LE(counts.front(), one.outcome.captions);
    EXPECT_TRUE(std::is_sorted(counts.rbegin(), counts.rend()));
    captions += static_cast<double>(one.outcome.captions);
    late += static_cast<double>(counts[4]);
  }
  EXPECT_NEAR(late / captions, 0.05, 0.002);
}

TEST(Scenario, ListenersVoteOnceAndSomeLeave) {
  Scenario scenario = *scenario_named("thumbs-down");
  scenario.effect.leave_chance = 0.3;
  std::array<double, 2> listeners{}, left{}, votes{}, down{};
  for (const Session& one : sessions(scenario, 40)) {
    const SessionOutcome& outcome = one.outcome;
    const auto all = outcome.thumbs_up + outcome.thumbs_neutral + outcome.thumbs_down;
    EXPECT_LE(all, outcome.listeners);
    EXPECT_LE(outcome.listeners_left, outcome.listeners);
    listeners[outcome.canary] += static_cast<double>(outcome.listeners);
    left[outcome.canary] += static_cast<double>(outcome.listeners_left);
    votes[outcome.canary] += static_cast<double>(all);
    down[outcome.canary] += static_cast<double>(outcome.thumbs_down);
  }
  EXPECT_NEAR(left[1] / listeners[1], 0.3, 0.01);
  EXPECT_NEAR(left[0] / listeners[0], 0.1, 0.01);
  EXPECT_NEAR(votes[1] / listeners[1], 0.1, 0.01);
  EXPECT_NEAR(down[1] / votes[1], 0.45, 0.02);
  EXPECT_NEAR(down[0] / votes[0], 0.1, 0.02);
}

TEST(Scenario, TheCanaryMayLastShorterMissMoreAndFailMore) {
  const auto minutes = [](const SessionOutcome& one) {
    return std::chrono::duration<double, std::ratio<60>>(one.ended_at - one.began_at).count();
  };
  const auto brief = sessions(*scenario_named("short-sessions"), 20);
  EXPECT_NEAR(mean(brief, true, minutes) / mean(brief, false, minutes), 0.3, 0.02);
  const auto hits = [](const SessionOutcome& one) {
    return static_cast<double>(one.cache_hits) /
           static_cast<double>(one.cache_hits + one.cache_misses);
  };
  const auto cold = sessions(*scenario_named("cold-cache"), 20);
  EXPECT_NEAR(mean(cold, true, hits), 0.32, 0.01);
  EXPECT_NEAR(mean(cold, false, hits), 0.6, 0.01);
  const auto failing = sessions(*scenario_named("errors-5-to-20"), 20);
  EXPECT_NEAR(mean(failing, true, failed), 0.2, 0.02);
  EXPECT_NEAR(mean(failing, false, failed), 0.05, 0.01);
}

TEST(Scenario, AssignmentMayMissTheFlagsShare) {
  const auto share = [](const Scenario& scenario, int percentage) {
    const auto all = sessions(scenario, 40, {.rollout_percentage = percentage});
    EXPECT_EQ(all.front().outcome.percentage, percentage);
    return static_cast<double>(std::count_if(all.begin(), all.end(),
                                             [](const auto& one) { return one.outcome.canary; })) /
           static_cast<double>(all.size());
  };
  Scenario wrong = *scenario_named("assignment-13-for-10");
  EXPECT_NEAR(share(wrong, 10), 0.13, 0.007);
  EXPECT_EQ(share(wrong, 0), 0);
  EXPECT_EQ(share(wrong, 100), 1);
  wrong.assigned_share = 0.4;
  EXPECT_NEAR(share(wrong, 10), 0.4, 0.01);
}

TEST(Scenario, LanguagesHaveTheirShareAndLatency) {
  const Scenario two = *scenario_named("two-languages");
  const auto language = [](const char* name) {
    return [=](const SessionOutcome& one) { return one.language == name; };
  };
  EXPECT_NEAR(shift(two, language("en")), 0, 0.02);
  EXPECT_NEAR(shift(two, language("ja")), std::log(2), 0.03);
  const auto all = sessions(two, 8);
  EXPECT_NEAR(
      static_cast<double>(std::count_if(
          all.begin(), all.end(), [](const auto& one) { return one.outcome.language == "ja"; })) /
          static_cast<double>(all.size()),
      0.33, 0.02);
}

TEST(Scenario, AScriptsSessionsComeWhenTheySay) {
  Scenario scripted = *scenario_named("two-slow-sessions");
  scripted.sessions_a_day = 0;
  const auto all = sessions(scripted, 1);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].outcome.began_at, simulated_start + milliseconds{42'010 * 3600});
  EXPECT_EQ(all[1].outcome.captions, 4u);
  EXPECT_EQ(all[1].outcome.ended_at - all[1].outcome.began_at, std::chrono::minutes{3});
  EXPECT_TRUE(all[0].outcome.canary);
  EXPECT_FALSE(sessions(scripted, 1, {.rollout_percentage = 0})[0].outcome.canary);
  scripted.script[0].canary = false;
  EXPECT_FALSE(sessions(scripted, 1)[0].outcome.canary);
  EXPECT_TRUE(sessions(scripted, 1, {.rollout_percentage = 100})[0].outcome.canary);
}

TEST(Scenario, AnEffectMayEnd) {
  Scenario slower = *scenario_named("slower");
  slower.effect.until = std::chrono::days{28};
  const auto canary = [](bool before) {
    return [=](const SessionOutcome& one) {
      return one.canary && (one.began_at < simulated_start + std::chrono::days{28}) == before;
    };
  };
  EXPECT_NEAR(shift(slower, canary(true)), std::log(1.5), 0.03);
  EXPECT_NEAR(shift(slower, canary(false)), 0, 0.03);
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

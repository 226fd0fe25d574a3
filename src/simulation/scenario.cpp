#include "simulation/scenario.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace sotto::simulation {

namespace {

using rollout::Measure;

constexpr UtcTime never = UtcTime::max();

milliseconds in_days(double days) { return milliseconds{std::llround(days * 86'400'000)}; }

// 1 at 14:00, -1 at 2:00, 0 on average.
double time_of_day(UtcTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const double hour = std::chrono::duration<double, std::ratio<3600>>(at - day).count();
  return std::cos((hour - 14) / 12 * std::numbers::pi);
}

double workday(const Scenario& scenario) { return (7 - 2 * scenario.weekend) / 5; }

// What the rate of arrivals is to its mean.
double busyness(const Scenario& scenario, UtcTime at) {
  const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(at)};
  const double of_day = day.iso_encoding() >= 6 ? scenario.weekend : workday(scenario);
  return of_day * (1 + scenario.daily_swing * time_of_day(at));
}

double most_busyness(const Scenario& scenario) {
  return std::max(scenario.weekend, workday(scenario)) * (1 + scenario.daily_swing);
}

std::vector<Scenario> all() {
  const Scenario healthy{.name = "healthy", .meaning = "both arms are alike"};
  std::vector<Scenario> made = {healthy};
  const auto add = [&](std::string_view name, std::string_view meaning) -> Scenario& {
    made.push_back(healthy);
    made.back().name = name;
    made.back().meaning = meaning;
    return made.back();
  };
  const std::vector<Measure> of_latency = {Measure::latency_ratio, Measure::latency_p95,
                                           Measure::stability, Measure::alarms};
  Scenario& slower = add("slower", "the canary is 50 % slower");
  slower.effect.latency = 1.5;
  slower.shows = of_latency;
  Scenario& slightly = add("slightly-slower", "the canary is 20 % slower");
  slightly.effect.latency = 1.2;
  slightly.shows = of_latency;
  Scenario& erroring = add("erroring", "twice as many canary sessions have errors");
  erroring.error_chance = 0.1;
  erroring.effect.errors = 2;
  erroring.shows = {Measure::error_rate, Measure::alarms};
  Scenario& costlier = add("costlier", "the canary costs $0.12 per listener-hour");
  costlier.effect.cost = 3;
  costlier.shows = {Measure::cost};
  Scenario& bursty = add("bursty", "healthy; half of the sessions come twenty at once");
  bursty.burst_share = 0.5;
  add("sparse", "healthy; two sessions a day").sessions_a_day = 2;
  add("daily-cycle", "healthy; both arms are slower by day").latency_swing = 0.2;
  return made;
}

template <class Count = std::uint64_t>
Count poisson(double mean, Random& random) {
  return mean > 0 ? std::poisson_distribution<Count>(mean)(random) : 0;
}

bool chance(double probability, Random& random) {
  return std::uniform_real_distribution<>()(random) < probability;
}

}  // namespace

std::span<const Scenario> scenarios() {
  static const std::vector<Scenario> known = all();
  return known;
}

std::optional<Scenario> scenario_named(std::string_view name) {
  for (const Scenario& scenario : scenarios())
    if (scenario.name == name) return scenario;
  return std::nullopt;
}

SyntheticTraffic::SyntheticTraffic(const Scenario& scenario, UtcTime from, Random* random)
    : scenario_(scenario),
      effect_from_(from + scenario.effect.from),
      random_(random),
      alone_(from),
      burst_(from) {
  alone_ = arrival(&alone_, scenario_.sessions_a_day * (1 - scenario_.burst_share));
  burst_ =
      arrival(&burst_, scenario_.sessions_a_day * scenario_.burst_share / scenario_.burst_sessions);
}

UtcTime SyntheticTraffic::arrival(UtcTime* from, double a_day) {
  if (!(a_day > 0)) return *from = never;
  const double most = most_busyness(scenario_);
  std::exponential_distribution<> apart(a_day * most);
  do *from += std::max(milliseconds{1}, in_days(apart(*random_)));
  while (!chance(busyness(scenario_, *from) / most, *random_));
  return *from;
}

std::optional<Session> SyntheticTraffic::next(UtcTime until, const rollout::FlagTarget& flag) {
  // A burst begins: its sessions come within the next minutes.
  while (burst_ <= until) {
    for (auto left = 1 + poisson(scenario_.burst_sessions - 1, *random_); left > 0; --left)
      of_bursts_.push_back(burst_ + milliseconds{std::uniform_int_distribution<std::int64_t>(
                                        0, milliseconds(burst_length).count())(*random_)});
    std::sort(of_bursts_.rbegin(), of_bursts_.rend());
    arrival(&burst_, scenario_.sessions_a_day * scenario_.burst_share / scenario_.burst_sessions);
  }
  const UtcTime of_burst = of_bursts_.empty() ? never : of_bursts_.back();
  const UtcTime at = std::min(alone_, of_burst);
  if (at > until) return std::nullopt;
  if (at == of_burst)
    of_bursts_.pop_back();
  else
    arrival(&alone_, scenario_.sessions_a_day * (1 - scenario_.burst_share));
  return begin(at, flag);
}

Session SyntheticTraffic::begin(UtcTime at, const rollout::FlagTarget& flag) {
  Random& random = *random_;
  const auto log_normal = [&](double median, double log_sd) {
    return median * std::exp(log_sd * normal_(random));
  };
  Session session;
  rollout::SessionOutcome& outcome = session.outcome;
  outcome.session_id = "synthetic-" + std::to_string(random());
  outcome.percentage = canary_share(flag);
  outcome.canary = std::uniform_int_distribution<>(0, 99)(random) < outcome.percentage;
  const bool on = outcome.canary && !flag.a_a;
  const Effect effect = on && at >= effect_from_ ? scenario_.effect : Effect{};
  const double minutes = std::clamp(log_normal(scenario_.minutes_median, 0.7), 2.0, 60.0);
  outcome.began_at = at;
  outcome.ended_at = at + in_days(minutes / (24 * 60));
  outcome.captions = poisson(minutes * scenario_.captions_a_minute, random);
  const double latency = log_normal(scenario_.latency_p95_ms, scenario_.latency_log_sd) *
                         std::exp(scenario_.latency_swing * time_of_day(at)) * effect.latency;
  if (outcome.captions > 0) outcome.latency_p95_ms = latency;
  outcome.finals = poisson(minutes * scenario_.captions_a_minute / 2, random);
  if (chance(std::min(1.0, scenario_.error_chance * effect.errors), random))
    outcome.errors = 1 + poisson(0.5, random);
  outcome.dropped = on ? poisson(minutes * scenario_.dropped_a_minute, random) : 0;
  outcome.orphaned = poisson(scenario_.orphaned, random);
  outcome.erasure = on ? log_normal(scenario_.erasure * std::exp(-0.08), 0.4) : 0;
  outcome.cost_per_listener_hour = log_normal(scenario_.cost * std::exp(-0.045), 0.3) * effect.cost;
  const auto look_ups = 1 + poisson(minutes * scenario_.captions_a_minute / 2, random);
  const double hits = std::clamp(scenario_.cache_hit_rate * (1 + 0.2 * normal_(random)), 0.0, 1.0);
  outcome.cache_hits = std::binomial_distribution<std::uint64_t>(look_ups, hits)(random);
  outcome.cache_misses = look_ups - outcome.cache_hits;
  if (chance(scenario_.vote_chance, random)) {
    const double vote = std::uniform_real_distribution<>()(random) / scenario_.thumbs_down;
    ++(vote < 1 ? outcome.thumbs_down : vote < 2 ? outcome.thumbs_neutral : outcome.thumbs_up);
  }
  return session;
}

}  // namespace sotto::simulation

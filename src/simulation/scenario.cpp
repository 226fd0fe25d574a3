#include "simulation/scenario.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace sotto::simulation {

namespace {

using rollout::SessionOutcome;

constexpr UtcTime never = UtcTime::max();

milliseconds in_days(double days) { return milliseconds{std::llround(days * 86'400'000)}; }
milliseconds in_minutes(double minutes) { return in_days(minutes / (24 * 60)); }

double minutes_of(const SessionOutcome& outcome) {
  return std::chrono::duration<double, std::ratio<60>>(outcome.ended_at - outcome.began_at).count();
}

// 1 at 14:00, -1 at 2:00, 0 on average.
double time_of_day(UtcTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const double hour = std::chrono::duration<double, std::ratio<3600>>(at - day).count();
  return std::cos((hour - 14) / 12 * std::numbers::pi);
}

bool on_weekend(UtcTime at) {
  return std::chrono::weekday{std::chrono::floor<std::chrono::days>(at)}.iso_encoding() >= 6;
}

double workday(const Scenario& scenario) { return (7 - 2 * scenario.weekend) / 5; }

// What the rate of arrivals is to its mean.
double busyness(const Scenario& scenario, UtcTime at) {
  const double of_day = on_weekend(at) ? scenario.weekend : workday(scenario);
  return of_day * (1 + scenario.daily_swing * time_of_day(at));
}

double most_busyness(const Scenario& scenario) {
  return std::max(scenario.weekend, workday(scenario)) * (1 + scenario.daily_swing);
}

// What latency in both arms is to its median, but for bad days and outages.
double slowness(const Scenario& scenario, UtcTime from, UtcTime at) {
  const auto days = std::chrono::duration<double, std::ratio<86400>>(at - from).count();
  return std::exp(scenario.latency_swing * time_of_day(at) +
                  std::log(scenario.drift) * std::min(1.0, days / scenario.drift_days)) *
         (on_weekend(at) ? scenario.latency_weekend : 1);
}

template <class Count = std::uint64_t>
Count poisson(double mean, Random& random) {
  return mean > 0 ? std::poisson_distribution<Count>(mean)(random) : 0;
}

std::uint64_t binomial(std::uint64_t of, double probability, Random& random) {
  const double chance = std::clamp(probability, 0.0, 1.0);
  if (of == 0 || chance < 1e-12) return 0;
  return std::binomial_distribution<std::uint64_t>(of, chance)(random);
}

double uniform(Random& random) { return std::uniform_real_distribution<>()(random); }

bool chance(double probability, Random& random) { return uniform(random) < probability; }

bool within(const Effect& effect, milliseconds since) {
  return since >= effect.from && (!effect.until || since < *effect.until);
}

constexpr std::array<std::string_view, 5> expectations = {"promoted", "taken_back", "held",
                                                          "assignment_fault", "both_arms"};

}  // namespace

std::string_view to_string(Expectation expectation) {
  return expectations[static_cast<std::size_t>(expectation)];
}

std::optional<Expectation> expectation_named(std::string_view name) {
  const auto found = std::find(expectations.begin(), expectations.end(), name);
  if (found == expectations.end()) return std::nullopt;
  return static_cast<Expectation>(found - expectations.begin());
}

SyntheticTraffic::SyntheticTraffic(const Scenario& scenario, UtcTime from, Random* random)
    : scenario_(scenario), from_(from), random_(random), alone_(from), burst_(from) {
  std::stable_sort(scenario_.script.begin(), scenario_.script.end(),
                   [](const auto& a, const auto& b) { return a.hour < b.hour; });
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

// The sessions of a burst come within the next minutes.
void SyntheticTraffic::begin_bursts(UtcTime until) {
  while (burst_ <= until) {
    for (auto left = 1 + poisson(scenario_.burst_sessions - 1, *random_); left > 0; --left)
      of_bursts_.push_back(burst_ + milliseconds{std::uniform_int_distribution<std::int64_t>(
                                        0, milliseconds(burst_length).count())(*random_)});
    std::sort(of_bursts_.rbegin(), of_bursts_.rend());
    arrival(&burst_, scenario_.sessions_a_day * scenario_.burst_share / scenario_.burst_sessions);
  }
}

std::optional<Session> SyntheticTraffic::next(UtcTime until, const rollout::FlagTarget& flag) {
  begin_bursts(until);
  const bool left = scripted_ < scenario_.script.size();
  const UtcTime scripted = left ? at_hour(scenario_.script[scripted_].hour) : never;
  const UtcTime of_burst = of_bursts_.empty() ? never : of_bursts_.back();
  const UtcTime at = std::min({alone_, of_burst, scripted});
  if (at > until || at == never) return std::nullopt;
  if (at == scripted) return begin(scenario_.script[scripted_++], at, flag);
  if (at == of_burst)
    of_bursts_.pop_back();
  else
    arrival(&alone_, scenario_.sessions_a_day * (1 - scenario_.burst_share));
  return begin(at, flag);
}

Session SyntheticTraffic::begin(UtcTime at, const rollout::FlagTarget& flag) {
  Session session;
  SessionOutcome& outcome = session.outcome;
  outcome.began_at = at;
  draw_arm(outcome, flag);
  const bool on = outcome.canary && !flag.a_a;
  const Effect effect = on && within(scenario_.effect, at - from_) ? scenario_.effect : Effect{};
  draw_length(outcome, effect);
  const Language language = draw_language();
  outcome.language = language.name;
  const Day day = day_of(at);
  draw_latency(outcome, effect, slowness(scenario_, from_, at) * day.latency * language.latency);
  draw_late(outcome);
  draw_errors(outcome, effect, day.errors * language.errors, on);
  draw_translation(outcome, effect, on);
  draw_listeners(outcome, effect);
  return session;
}

Session SyntheticTraffic::begin(const ScriptedSession& scripted, UtcTime at,
                                const rollout::FlagTarget& flag) {
  Session session;
  SessionOutcome& outcome = session.outcome;
  outcome.session_id = "scripted-" + std::to_string(scripted_);
  outcome.percentage = canary_share(flag);
  outcome.canary = outcome.percentage == 100 || (scripted.canary && outcome.percentage > 0);
  outcome.began_at = at;
  outcome.ended_at = at + std::max(milliseconds{1}, in_minutes(scripted.minutes));
  outcome.language = scenario_.languages.empty() ? "en" : scenario_.languages.front().name;
  outcome.captions = outcome.finals = scripted.captions;
  if (outcome.captions > 0) outcome.latency_p95_ms = scripted.latency_p95_ms;
  draw_late(outcome);
  outcome.errors = scripted.errors;
  outcome.dropped = scripted.dropped;
  outcome.orphaned = scripted.orphaned;
  outcome.fallbacks = scripted.fallbacks;
  outcome.erasure = outcome.canary && !flag.a_a ? scenario_.erasure : 0;
  outcome.cost_per_listener_hour = scenario_.cost;
  outcome.listeners = 1;
  return session;
}

void SyntheticTraffic::draw_arm(SessionOutcome& outcome, const rollout::FlagTarget& flag) {
  outcome.session_id = "synthetic-" + std::to_string((*random_)());
  outcome.percentage = canary_share(flag);
  double share = outcome.percentage / 100.0;
  if (share > 0 && share < 1)
    share = scenario_.assigned_share.value_or(std::min(1.0, share * scenario_.assigned));
  outcome.canary = chance(share, *random_);
}

void SyntheticTraffic::draw_length(SessionOutcome& outcome, const Effect& effect) {
  const double minutes =
      std::clamp(log_normal(scenario_.minutes_median, 0.7), 2.0, 60.0) * effect.length;
  outcome.ended_at = outcome.began_at + std::max(milliseconds{1}, in_minutes(minutes));
  outcome.captions = poisson(minutes * scenario_.captions_a_minute, *random_);
  outcome.finals = poisson(minutes * scenario_.captions_a_minute / 2, *random_);
}

double SyntheticTraffic::quantile(const Effect& effect) {
  switch (scenario_.latency) {
    case Distribution::log_normal: break;
    case Distribution::bimodal:
      if (chance(scenario_.second_share, *random_))
        return log_normal(scenario_.second_p95_ms, scenario_.second_log_sd * effect.spread);
      break;
    case Distribution::pareto:
      // Of a uniform number in (0, 1]; its median is that of 1/2.
      return scenario_.latency_p95_ms *
             std::pow(2 * (1 - uniform(*random_)), -effect.spread / scenario_.pareto_index);
  }
  return log_normal(scenario_.latency_p95_ms, scenario_.latency_log_sd * effect.spread);
}

void SyntheticTraffic::draw_latency(SessionOutcome& outcome, const Effect& effect, double factor) {
  double latency = quantile(effect) * effect.latency * factor;
  for (const Outage& outage : scenario_.outages)
    if (in(outage, outcome)) latency *= outage.latency;
  if (outcome.captions > 0) outcome.latency_p95_ms = std::clamp(latency, 1.0, 3'600'000.0);
}

// Of captions that are log-normal around the session's p95, see caption_log_sd.
void SyntheticTraffic::draw_late(SessionOutcome& outcome) {
  outcome.late = rollout::LateCaptions{};
  if (!outcome.latency_p95_ms) return;
  std::uint64_t left = outcome.captions;
  double share = 1;  // that is later than the limit before
  for (std::size_t i = 0; i < rollout::late_limits_ms.size() && left > 0; ++i) {
    const double later =
        share_later(*outcome.latency_p95_ms, static_cast<double>(rollout::late_limits_ms[i]));
    left = binomial(left, share > 0 ? later / share : 0, *random_);
    share = later;
    (*outcome.late)[i] = left;
  }
}

void SyntheticTraffic::draw_errors(SessionOutcome& outcome, const Effect& effect, double factor,
                                   bool on) {
  double error_chance =
      effect.error_chance.value_or(scenario_.error_chance * effect.errors) * factor;
  double errors_each = 1.5, fallbacks = scenario_.fallbacks, orphaned = scenario_.orphaned;
  double dropped = on ? scenario_.dropped_a_minute : 0;  // partial results: control has none
  for (const Outage& outage : scenario_.outages) {
    if (!in(outage, outcome)) continue;
    error_chance = std::max(error_chance, outage.error_chance);
    errors_each = std::max(errors_each, outage.errors_each);
    fallbacks += outage.fallbacks;
    orphaned += outage.orphaned;
    if (on) dropped += outage.dropped_a_minute;
  }
  if (chance(error_chance, *random_)) outcome.errors = 1 + poisson(errors_each - 1, *random_);
  outcome.dropped = poisson(minutes_of(outcome) * dropped, *random_);
  outcome.orphaned = poisson(orphaned, *random_);
  outcome.fallbacks = poisson(fallbacks, *random_);
}

void SyntheticTraffic::draw_translation(SessionOutcome& outcome, const Effect& effect, bool on) {
  outcome.erasure = on ? log_normal(scenario_.erasure * std::exp(-0.08), 0.4) : 0;
  outcome.cost_per_listener_hour = log_normal(scenario_.cost * std::exp(-0.045), 0.3) * effect.cost;
  const auto look_ups =
      1 + poisson(minutes_of(outcome) * scenario_.captions_a_minute / 2, *random_);
  const double hits =
      effect.cache_hit_rate.value_or(scenario_.cache_hit_rate) * (1 + 0.2 * normal_(*random_));
  outcome.cache_hits = binomial(look_ups, hits, *random_);
  outcome.cache_misses = look_ups - outcome.cache_hits;
}

void SyntheticTraffic::draw_listeners(SessionOutcome& outcome, const Effect& effect) {
  outcome.listeners = 1 + poisson(scenario_.listeners - 1, *random_);
  outcome.listeners_left =
      binomial(outcome.listeners, effect.leave_chance.value_or(scenario_.leave_chance), *random_);
  const double down = effect.thumbs_down.value_or(scenario_.thumbs_down);
  for (auto votes = binomial(outcome.listeners, scenario_.vote_chance, *random_); votes > 0;
       --votes) {
    const double vote = uniform(*random_);
    ++(vote < down                              ? outcome.thumbs_down
       : vote < down + scenario_.thumbs_neutral ? outcome.thumbs_neutral
                                                : outcome.thumbs_up);
  }
}

double SyntheticTraffic::log_normal(double median, double log_sd) {
  return median * std::exp(log_sd * normal_(*random_));
}

Language SyntheticTraffic::draw_language() {
  if (scenario_.languages.empty()) return {.name = "en"};
  if (scenario_.languages.size() == 1) return scenario_.languages.front();
  double left = uniform(*random_);
  for (const Language& language : scenario_.languages)
    if ((left -= language.share) < 0) return language;
  return scenario_.languages.back();
}

// Sessions come in order, so only the day of the last is kept.
const SyntheticTraffic::Day& SyntheticTraffic::day_of(UtcTime at) {
  const auto date = std::chrono::floor<std::chrono::days>(at);
  if (date == day_.date) return day_;
  day_ = {date, 1, 1};
  if (scenario_.bad_days_log_sd > 0) day_.latency = log_normal(1, scenario_.bad_days_log_sd);
  if (scenario_.error_days_log_sd > 0) day_.errors = log_normal(1, scenario_.error_days_log_sd);
  return day_;
}

bool SyntheticTraffic::in(const Outage& outage, const SessionOutcome& outcome) const {
  return (outcome.canary ? outage.canary : outage.control) &&
         outcome.began_at < at_hour(outage.from_hour + outage.hours) &&
         outcome.ended_at > at_hour(outage.from_hour);
}

UtcTime SyntheticTraffic::at_hour(double hour) const { return from_ + in_minutes(60 * hour); }

}  // namespace sotto::simulation

#include "rollout/criteria.hpp"

#include <algorithm>
#include <cmath>

namespace sotto::rollout {

namespace {

constexpr double error_significance = 0.01;

// The chance of `count` or more of `total` falling to a side that gets each with chance `share`.
double at_least(std::uint64_t count, std::uint64_t total, double share) {
  if (count == 0) return 1;
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  const auto n = static_cast<double>(total), k = static_cast<double>(count);
  double log_term = k * std::log(share) + (n - k) * std::log1p(-share);
  for (double i = 1; i <= k; ++i) log_term += std::log((n - k + i) / i);
  double term = std::exp(log_term), chance = 0;
  for (double i = k; i <= n && (term > 1e-15 || i < n * share); ++i) {
    chance += term;
    term *= (n - i) / (i + 1) * share / (1 - share);
  }
  return std::min(1.0, chance);
}

Verdict verdict(bool enough, bool passes) {
  if (!enough) return Verdict::not_enough_data;
  return passes ? Verdict::pass : Verdict::fail;
}

Criterion latency(const Figures& figures) {
  Criterion criterion{"latency_p95", "p95 latency", "ms", 5000, {}, {}, 0, 0, {}};
  criterion.canary = figures.canary.latency_p95_ms;
  criterion.control = figures.control.latency_p95_ms;
  criterion.canary_samples = figures.canary.captions;
  criterion.control_samples = figures.control.captions;
  criterion.verdict = verdict(criterion.canary && figures.canary.captions >= min_captions,
                              criterion.canary.value_or(0) < criterion.limit);
  return criterion;
}

std::optional<double> percent(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return std::nullopt;
  return 100 * static_cast<double>(part) / static_cast<double>(all);
}

Criterion errors(const Figures& figures) {
  const ArmFigures &canary = figures.canary, &control = figures.control;
  Criterion criterion{"error_rate", "Errors a final, not above control", "%", 0, {}, {}, 0, 0, {}};
  criterion.canary = percent(canary.errors, canary.finals);
  criterion.control = percent(control.errors, control.finals);
  criterion.limit = criterion.control.value_or(0);
  criterion.canary_samples = canary.finals;
  criterion.control_samples = control.finals;
  const double share =
      static_cast<double>(canary.finals) / static_cast<double>(canary.finals + control.finals);
  criterion.verdict =
      verdict(canary.finals >= min_captions && control.finals >= min_captions,
              at_least(canary.errors, canary.errors + control.errors, share) >= error_significance);
  return criterion;
}

Criterion alarms(const Figures& figures) {
  Criterion criterion{"alarms", "Alarms that are on", "", 0, {}, {}, 0, 0, {}};
  criterion.canary = static_cast<double>(figures.alarms_on);
  criterion.verdict = verdict(true, figures.alarms_on == 0);
  return criterion;
}

Criterion dropped(const Figures& figures) {
  Criterion criterion{"dropped", "Dropped results, worst minute", "/min", 100, {}, {}, 0, 0, {}};
  criterion.canary = figures.canary.dropped_per_minute;
  criterion.control = figures.control.dropped_per_minute;
  criterion.canary_samples = figures.canary.finals;
  criterion.control_samples = figures.control.finals;
  criterion.verdict =
      verdict(figures.canary.finals > 0, figures.canary.dropped_per_minute < criterion.limit);
  return criterion;
}

Criterion orphaned(const Figures& figures) {
  Criterion criterion{"orphaned", "Orphaned results, worst session", "/session", 10, {}, {}, 0, 0,
                      {}};
  criterion.canary_samples = figures.canary.sessions;
  criterion.control_samples = figures.control.sessions;
  if (figures.canary.sessions > 0) criterion.canary = figures.canary.orphaned_per_session;
  if (figures.control.sessions > 0) criterion.control = figures.control.orphaned_per_session;
  criterion.verdict = verdict(figures.canary.sessions >= min_sessions,
                              figures.canary.orphaned_per_session < criterion.limit);
  return criterion;
}

Criterion fallbacks(const Figures& figures) {
  Criterion criterion{"fallbacks", "Fallbacks of the recogniser", "", 0, {}, {}, 0, 0, {}};
  criterion.canary = static_cast<double>(figures.canary.fallbacks);
  criterion.control = static_cast<double>(figures.control.fallbacks);
  criterion.canary_samples = figures.canary.finals;
  criterion.control_samples = figures.control.finals;
  criterion.verdict = verdict(figures.canary.finals > 0 || figures.canary.fallbacks > 0,
                              figures.canary.fallbacks + figures.control.fallbacks == 0);
  return criterion;
}

// Thumbs down among those who were for or against.
Criterion feedback(const Figures& figures) {
  Criterion criterion{"feedback", "Thumbs down, of up and down", "%", 50, {}, {}, 0, 0, {}};
  const auto votes = [](const ArmFigures& arm) { return arm.thumbs_up + arm.thumbs_down; };
  criterion.canary = percent(figures.canary.thumbs_down, votes(figures.canary));
  criterion.control = percent(figures.control.thumbs_down, votes(figures.control));
  criterion.canary_samples = votes(figures.canary) + figures.canary.thumbs_neutral;
  criterion.control_samples = votes(figures.control) + figures.control.thumbs_neutral;
  criterion.verdict = verdict(criterion.canary_samples >= min_sessions,
                              criterion.canary.value_or(0) <= criterion.limit);
  return criterion;
}

Criterion cost(const Figures& figures) {
  Criterion criterion{"cost", "Cost per listener-hour", "USD", 0.10, {}, {}, 0, 0, {}};
  criterion.canary = figures.canary.cost_per_listener_hour;
  criterion.control = figures.control.cost_per_listener_hour;
  criterion.canary_samples = figures.canary.sessions;
  criterion.control_samples = figures.control.sessions;
  criterion.verdict = verdict(criterion.canary && figures.canary.sessions >= min_sessions,
                              criterion.canary.value_or(0) < criterion.limit);
  return criterion;
}

Criterion cache(const Figures& figures) {
  Criterion criterion{"cache_hit_rate", "Translation cache hits", "%", 30, {}, {}, 0, 0, {}};
  criterion.canary_samples = figures.canary.cache_hits + figures.canary.cache_misses;
  criterion.control_samples = figures.control.cache_hits + figures.control.cache_misses;
  criterion.canary = percent(figures.canary.cache_hits, criterion.canary_samples);
  criterion.control = percent(figures.control.cache_hits, criterion.control_samples);
  criterion.verdict = verdict(criterion.canary_samples >= min_captions,
                              criterion.canary.value_or(0) > criterion.limit);
  return criterion;
}

// The first of them by name, since the sentence is to be read at a glance.
std::string titles_of(const std::vector<Criterion>& criteria, Verdict verdict) {
  constexpr std::size_t named = 2;
  std::string titles;
  std::size_t count = 0;
  for (const Criterion& criterion : criteria) {
    if (criterion.verdict != verdict || ++count > named) continue;
    titles += titles.empty() ? "" : "; ";
    titles += criterion.title;
  }
  if (count > named) titles += " and " + std::to_string(count - named) + " more";
  return titles;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "pass";
    case Verdict::fail: return "fail";
    case Verdict::not_enough_data: return "not_enough_data";
  }
  return "not_enough_data";
}

std::string_view to_string(Advice advice) {
  switch (advice) {
    case Advice::go_on: return "go_on";
    case Advice::hold: return "hold";
    case Advice::roll_back: return "roll_back";
  }
  return "hold";
}

std::string_view phase_of(bool enabled, int rollout_percentage) {
  if (!enabled || rollout_percentage == 0) return "off";
  if (rollout_percentage == 10) return "canary";
  if (rollout_percentage == 50) return "gradual";
  if (rollout_percentage == 100) return "full";
  return "custom";
}

Judgement judge(const Figures& figures) {
  Judgement judgement;
  auto& criteria = judgement.criteria;
  criteria.push_back(latency(figures));
  if (figures.rollout_percentage < 100) criteria.push_back(errors(figures));
  criteria.push_back(alarms(figures));
  criteria.push_back(dropped(figures));
  criteria.push_back(orphaned(figures));
  criteria.push_back(fallbacks(figures));
  criteria.push_back(feedback(figures));
  if (figures.rollout_percentage >= 50) {
    criteria.push_back(cost(figures));
    criteria.push_back(cache(figures));
  }
  const std::string failed = titles_of(criteria, Verdict::fail);
  const std::string unknown = titles_of(criteria, Verdict::not_enough_data);
  if (!figures.enabled || figures.rollout_percentage == 0) {
    judgement.why = "The feature is off: every new session gets finals only.";
  } else if (!failed.empty()) {
    judgement.advice = Advice::roll_back;
    judgement.why = "Failed: " + failed + ".";
  } else if (!unknown.empty()) {
    judgement.why = "Not enough data yet: " + unknown + ".";
  } else {
    judgement.advice = Advice::go_on;
    judgement.why = "All " + std::to_string(criteria.size()) + " criteria pass.";
  }
  return judgement;
}

}  // namespace sotto::rollout

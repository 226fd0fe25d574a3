#include "simulation/window.hpp"

#include <algorithm>
#include <cmath>

namespace sotto::simulation {

namespace {

// Of the standard normal, at 0.05, 0.15, … 0.95.
constexpr std::array<double, 10> deciles = {-1.64485, -1.03643, -0.67449, -0.38532, -0.12566,
                                            0.12566,  0.38532,  0.67449,  1.03643,  1.64485};
const double bin_width = std::log(1.02);

// Unsigned, so taking away is adding the complement.
void add_up(rollout::ArmFigures& sums, const rollout::ArmFigures& one, std::uint64_t times) {
  sums.captions += times * one.captions;
  sums.finals += times * one.finals;
  sums.errors += times * one.errors;
  sums.sessions += times * one.sessions;
  sums.fallbacks += times * one.fallbacks;
  sums.thumbs_up += times * one.thumbs_up;
  sums.thumbs_neutral += times * one.thumbs_neutral;
  sums.thumbs_down += times * one.thumbs_down;
  sums.cache_hits += times * one.cache_hits;
  sums.cache_misses += times * one.cache_misses;
}

}  // namespace

template <class Take>
void CaptionLatencies::each_bin(double p95_ms, Take take) {
  const double top = std::log(std::max(1.0, p95_ms));
  for (const double z : deciles) {
    const double place = (top + (z - deciles.back()) * caption_log_sd) / bin_width;
    take(static_cast<std::size_t>(std::clamp(place, 0.0, bins - 1.0)));
  }
}

void CaptionLatencies::add(double p95_ms, std::uint64_t captions) {
  each_bin(p95_ms, [&](std::size_t bin) {
    captions_[bin] += captions;
    end_ = std::max(end_, bin + 1);
  });
  all_ += deciles.size() * captions;
}

void CaptionLatencies::take_away(double p95_ms, std::uint64_t captions) {
  each_bin(p95_ms, [&](std::size_t bin) { captions_[bin] -= captions; });
  all_ -= deciles.size() * captions;
}

std::optional<double> CaptionLatencies::p95() const {
  if (all_ == 0) return std::nullopt;
  std::uint64_t above = 0;
  std::size_t bin = end_;
  while (20 * above < all_ && bin > 0) above += captions_[--bin];
  return std::exp((static_cast<double>(bin) + 0.5) * bin_width);
}

FiguresWindow::Ended FiguresWindow::ended(const Session& session) {
  const rollout::SessionOutcome& outcome = session.outcome;
  const auto minutes = std::chrono::duration<double, std::ratio<60>>(
      std::max(milliseconds{60'000}, outcome.ended_at - outcome.began_at));
  Ended one{};
  one.at = outcome.ended_at;
  one.canary = outcome.canary;
  one.latency_p95_ms = outcome.latency_p95_ms.value_or(0);
  one.dropped_per_minute = static_cast<double>(outcome.dropped) / minutes.count();
  one.has_cost = outcome.cost_per_listener_hour.has_value();
  one.cost = outcome.cost_per_listener_hour.value_or(0);
  one.orphaned = outcome.orphaned;
  one.sums.captions = outcome.latency_p95_ms ? outcome.captions : 0;
  one.sums.finals = outcome.finals;
  one.sums.errors = outcome.errors;
  one.sums.sessions = 1;
  one.sums.fallbacks = outcome.fallbacks;
  one.sums.thumbs_up = outcome.thumbs_up;
  one.sums.thumbs_neutral = outcome.thumbs_neutral;
  one.sums.thumbs_down = outcome.thumbs_down;
  one.sums.cache_hits = outcome.cache_hits;
  one.sums.cache_misses = outcome.cache_misses;
  return one;
}

namespace {

void take_worst(rollout::ArmFigures& figures, double dropped_per_minute, std::uint64_t orphaned) {
  figures.dropped_per_minute = std::max(figures.dropped_per_minute, dropped_per_minute);
  figures.orphaned_per_session =
      std::max(figures.orphaned_per_session, static_cast<double>(orphaned));
}

}  // namespace

void FiguresWindow::add(const Session& session) {
  const Ended& one = sessions_.emplace_back(ended(session));
  Arm& arm = arm_of(one);
  add_up(arm.figures, one.sums, 1);
  take_worst(arm.figures, one.dropped_per_minute, one.orphaned);
  arm.latencies.add(one.latency_p95_ms, one.sums.captions);
  arm.cost += one.cost;
  arm.costs += one.has_cost ? 1 : 0;
}

bool FiguresWindow::forget_until(UtcTime time) {
  bool any = false;
  for (; !sessions_.empty() && sessions_.front().at <= time; any = true) {
    const Ended one = sessions_.front();
    sessions_.pop_front();
    Arm& arm = arm_of(one);
    add_up(arm.figures, one.sums, ~std::uint64_t{0});
    arm.latencies.take_away(one.latency_p95_ms, one.sums.captions);
    arm.cost -= one.cost;
    arm.costs -= one.has_cost ? 1 : 0;
    if (one.dropped_per_minute >= arm.figures.dropped_per_minute ||
        static_cast<double>(one.orphaned) >= arm.figures.orphaned_per_session)
      find_worst(one.canary);
  }
  return any;
}

void FiguresWindow::find_worst(bool canary) {
  rollout::ArmFigures& figures = canary ? canary_.figures : control_.figures;
  figures.dropped_per_minute = figures.orphaned_per_session = 0;
  for (const Ended& one : sessions_)
    if (one.canary == canary) take_worst(figures, one.dropped_per_minute, one.orphaned);
}

void FiguresWindow::clear() { *this = FiguresWindow{}; }

rollout::ArmFigures FiguresWindow::figures(const Arm& arm) {
  rollout::ArmFigures figures = arm.figures;
  figures.latency_p95_ms = arm.latencies.p95();
  if (arm.costs > 0) figures.cost_per_listener_hour = arm.cost / static_cast<double>(arm.costs);
  return figures;
}

rollout::Figures FiguresWindow::figures() const { return {figures(canary_), figures(control_)}; }

}  // namespace sotto::simulation

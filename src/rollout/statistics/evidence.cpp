#include "rollout/statistics/evidence.hpp"

#include <algorithm>
#include <cmath>

#include "rollout/statistics/bets.hpp"

namespace sotto::rollout {

namespace {

constexpr std::size_t most_recent = 64;
constexpr double usual_log_sd = 0.4, quantile_95 = 1.64485;

void add(PairedEvidence& evidence, const PairedFigures& figures) {
  if (figures.words == 0) return;
  evidence.words += figures.words;
  evidence.taken_back += figures.taken_back;
  evidence.won_ms.add(figures.final_only_mean_ms - figures.early_mean_ms);
  evidence.won_p95_ms.add(figures.final_only_p95_ms - figures.early_p95_ms);
}

std::optional<double> part(std::uint64_t of, std::uint64_t all) {
  if (all == 0) return std::nullopt;
  return static_cast<double>(std::min(of, all)) / static_cast<double>(all);
}

double log_minutes(const SessionOutcome& outcome) {
  const auto length = outcome.ended_at - outcome.began_at;
  return std::log(
      std::max(1.0 / 60, std::chrono::duration<double, std::ratio<60>>(length).count()));
}

// One session, with what is known of it before anything is measured.
struct Drawn {
  bool canary, in_phase;
  double share;
  Reference::Kind kind;
};

void add(ShareComparison& to, const Drawn& session, std::optional<double> value) {
  if (!value) return;
  if (session.in_phase) to.harm.add(session.canary, session.share, *value);
  to.range.add(session.canary, session.share, *value);
}

void add(ShiftComparison& to, const Drawn& session, double value) {
  if (!std::isfinite(value)) return;
  const std::vector<double> among = to.reference.like(session.kind);
  if (!among.empty()) {
    if (session.in_phase) to.harm.add(session.canary, session.share, rank_among(among, value));
    to.range.add(session.canary, session.share, value, among);
  }
  if (!session.canary) to.reference.add(value, session.kind);
}

}  // namespace

double late_share(const SessionOutcome& outcome, double limit_ms) {
  if (outcome.captions == 0) return 0;
  if (outcome.late) {
    const auto above = std::upper_bound(late_limits_ms.begin(), late_limits_ms.end(), limit_ms);
    if (above == late_limits_ms.begin()) return 1;
    const auto index = static_cast<std::size_t>(above - late_limits_ms.begin()) - 1;
    return *part((*outcome.late)[index], outcome.captions);
  }
  if (!outcome.latency_p95_ms) return 0;
  const double z =
      std::log(std::max(1.0, limit_ms) / std::max(1.0, *outcome.latency_p95_ms)) / usual_log_sd +
      quantile_95;
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

std::uint32_t troubles_of(const SessionOutcome& outcome, const TroubleLimits& limits) {
  std::uint32_t troubles = 0;
  const auto set = [&](Trouble trouble, bool happened) {
    if (happened) troubles |= 1U << static_cast<unsigned>(trouble);
  };
  set(Trouble::late, outcome.captions > 0 && late_share(outcome, limits.latency_ms) >= 0.05);
  set(Trouble::failed, outcome.errors > 0);
  set(Trouble::dropped, static_cast<double>(outcome.dropped) >= std::max(1.0, limits.dropped));
  set(Trouble::orphaned, static_cast<double>(outcome.orphaned) >= std::max(1.0, limits.orphaned));
  set(Trouble::fell_back, outcome.fallbacks > 0);
  set(Trouble::late_once,
      late_share(outcome, limits.latency_ms) * static_cast<double>(outcome.captions) >= 0.5);
  return troubles;
}

void Evidence::add(const SessionOutcome& outcome, bool in_phase) {
  if (!outcome.by_bucket) return;
  const Drawn session{outcome.canary, in_phase, outcome.percentage / 100.0,
                      Reference::kind(outcome.language, outcome.began_at)};
  const std::uint32_t suffered = troubles_of(outcome, limits);
  const auto has = [&](std::size_t trouble) { return (suffered >> trouble & 1U) != 0; };
  const double late = late_share(outcome, limits.latency_ms);
  const auto votes = outcome.thumbs_up + outcome.thumbs_down;
  const auto down = part(outcome.thumbs_down, votes);
  const auto left_early = part(outcome.listeners_left, outcome.listeners);
  const auto misses = part(outcome.cache_misses, outcome.cache_hits + outcome.cache_misses);
  ++rollout_sessions;
  rollout_ratio.add(outcome.canary, session.share);
  rollout_canary_sessions += outcome.canary;
  for (std::size_t i = 0; i < trouble_count; ++i) {
    rollout_troubled[i] += has(i);
    rollout_canary_troubled[i] += outcome.canary && has(i);
  }
  rollout::add(errors, session, outcome.errors > 0 ? 1 : 0);
  rollout::add(thumbs_down, session, down);
  rollout::add(left, session, left_early);
  rollout::add(cache_misses, session, misses);
  if (outcome.latency_p95_ms)
    rollout::add(latency, session, std::log(std::max(1.0, *outcome.latency_p95_ms)));
  rollout::add(length, session, -log_minutes(outcome));
  if (!in_phase) return;

  ArmEvidence& arm = outcome.canary ? canary : control;
  ++arm.sessions;
  for (std::size_t i = 0; i < trouble_count; ++i) {
    arm.troubled[i] += has(i);
    const bool is_late = i == static_cast<std::size_t>(Trouble::late);
    troubles[i].add(session.canary, session.share, is_late ? late : has(i) ? 1 : 0);
  }
  const auto captions = static_cast<double>(outcome.captions);
  if (outcome.latency_p95_ms) {
    arm.log_latency.add(std::log(std::max(1.0, *outcome.latency_p95_ms)));
    arm.late_limit.add(late, 0.05);
    arm.captions += captions;
    arm.late += late * captions;
  }
  arm.log_length.add(log_minutes(outcome));
  if (outcome.erasure) arm.erasure.add(*outcome.erasure);
  if (outcome.cost_per_listener_hour) arm.cost.add(*outcome.cost_per_listener_hour);
  if (down) arm.thumbs_down.add(*down);
  if (left_early) arm.left.add(*left_early);
  if (misses) arm.cache_misses.add(*misses);
  sample_ratio.add(outcome.canary, session.share);
  if (outcome.paired) rollout::add(outcome.canary ? delivered : forecast, *outcome.paired);
  if (recent.size() >= most_recent) recent.erase(recent.begin());
  recent.push_back({outcome.ended_at, outcome.canary, suffered, captions, late * captions});
}

void Evidence::begin_phase() {
  Evidence fresh;
  fresh.limits = limits;
  const auto keep = [](auto& to, auto& from) { std::swap(to.range, from.range); };
  keep(fresh.latency, latency);
  keep(fresh.length, length);
  std::swap(fresh.latency.reference, latency.reference);
  std::swap(fresh.length.reference, length.reference);
  keep(fresh.errors, errors);
  keep(fresh.thumbs_down, thumbs_down);
  keep(fresh.left, left);
  keep(fresh.cache_misses, cache_misses);
  fresh.rollout_ratio = rollout_ratio;
  fresh.rollout_sessions = rollout_sessions;
  fresh.rollout_troubled = rollout_troubled;
  fresh.rollout_canary_sessions = rollout_canary_sessions;
  fresh.rollout_canary_troubled = rollout_canary_troubled;
  *this = std::move(fresh);
}

}  // namespace sotto::rollout

#include "rollout/statistics/evidence.hpp"

#include <algorithm>
#include <cmath>

namespace sotto::rollout {

namespace {

void add(PairedEvidence& evidence, const PairedFigures& figures) {
  if (figures.words == 0) return;
  evidence.words += figures.words;
  evidence.taken_back += figures.taken_back;
  evidence.won_ms.add(figures.final_only_mean_ms - figures.early_mean_ms);
  evidence.won_p95_ms.add(figures.final_only_p95_ms - figures.early_p95_ms);
}

}  // namespace

void Evidence::add(const SessionOutcome& outcome) {
  if (!outcome.by_bucket) return;
  const double share = outcome.percentage / 100.0;
  ArmEvidence& arm = outcome.canary ? canary : control;
  ++arm.sessions;
  if (outcome.latency_p95_ms) arm.log_latency.add(std::log(std::max(1.0, *outcome.latency_p95_ms)));
  if (outcome.erasure) arm.erasure.add(*outcome.erasure);
  if (outcome.cost_per_listener_hour) arm.cost.add(*outcome.cost_per_listener_hour);
  sample_ratio.add(outcome.canary, share);
  if (outcome.errors > 0) {
    ++arm.failed;
    errors.add(outcome.canary, share);
  }
  if (outcome.paired) rollout::add(outcome.canary ? delivered : forecast, *outcome.paired);
}

}  // namespace sotto::rollout

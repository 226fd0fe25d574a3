#include "observation/step_metrics.hpp"

namespace sotto::observation {

using telemetry::Counter;

Counts counts_of(const StepSummary& summary) {
  Counts counts{};
  const auto set = [&counts](Counter counter, std::uint64_t times) {
    counts[static_cast<std::size_t>(counter)] = times;
  };
  set(Counter::partial_results_processed, summary.partial_results);
  set(Counter::final_results_processed, summary.final_results);
  set(Counter::partial_results_superseded, summary.superseded);
  set(Counter::partial_results_dropped, summary.dropped);
  set(Counter::duplicates_detected, summary.duplicates);
  set(Counter::partial_final_discrepancies, summary.discrepancies);
  set(Counter::transcribe_fallback_triggered, recogniser_fell_silent(summary) ? 1 : 0);
  return counts;
}

void count(const StepSummary& summary, telemetry::Arm arm, telemetry::Metrics& metrics) {
  const Counts counts = counts_of(summary);
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) metrics.count(arm, telemetry::counter_at(i), counts[i]);
  for (const milliseconds latency : summary.decision_latencies)
    metrics.record(arm, telemetry::Histogram::decision_latency,
                   static_cast<std::uint64_t>(latency.count()));
}

}  // namespace sotto::observation

#pragma once

#include <array>
#include <cstdint>

#include "observation/step_summary.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::observation {

/// How often what each counter counts has happened.
using Counts = std::array<std::uint64_t, telemetry::counter_count>;

/// What a step adds to the counters.
Counts counts_of(const StepSummary& summary);

/// Counts a step in an arm's metrics, the latency of its decisions included. Orphaned results are
/// not: they are a session's, counted at its end. Thread-safe.
void count(const StepSummary& summary, telemetry::Arm arm, telemetry::Metrics& metrics);

}  // namespace sotto::observation

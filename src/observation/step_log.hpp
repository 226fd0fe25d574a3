#pragma once

#include "base/ids.hpp"
#include "observation/step_summary.hpp"
#include "telemetry/log.hpp"

namespace sotto::observation {

/// Writes the lines of a step:
///
///   event = partial_result   action (forwarded, buffered, superseded, dropped, duplicate,
///   flushed),
///                            stability_score, processing_latency_ms
///   event = final_result     action forwarded, stability_score, processing_latency_ms
///   event = discrepancy      share
///   event = session_fallback (error_code recogniser_silent), session_recovered, stability_missing
///
/// `processing_latency_ms` here is the decision's: from when the last word concerned was captured
/// to the engine's command. No line has text of the session. Thread-safe.
void write(const StepSummary& summary, const SessionId& session, const telemetry::Log& log);

}  // namespace sotto::observation

#pragma once

#include <functional>

#include "base/ids.hpp"
#include "base/utc_time.hpp"
#include "pipeline/session.hpp"
#include "rollout/evaluation.hpp"
#include "rollout/session_outcome.hpp"
#include "telemetry/cost.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::pipeline {

/// Where a session's telemetry goes. What is pointed to must outlive the session.
struct TelemetrySinks {
  telemetry::Metrics* metrics = nullptr;
  const telemetry::Log* log = nullptr;
  telemetry::PriceList prices = {};
  /// Called once with what a session tells of its arm, on its strand, when it ends; may be empty.
  std::function<void(const rollout::SessionOutcome&)> on_outcome = {};
  /// The calendar's clock; needed where on_outcome is given.
  std::function<UtcTime()> now = {};
};

/// An observer of one session that begins now. It turns what passes through into metrics of its
/// arm and log lines:
///
///   event = partial_result   action (forwarded, buffered, superseded, dropped, duplicate,
///   flushed),
///                            stability_score, processing_latency_ms
///   event = final_result     action forwarded, processing_latency_ms
///   event = caption_sent     processing_latency_ms to the translation, language (at DEBUG)
///   event = discrepancy      share; session_fallback, session_recovered, stability_missing,
///                            session_ended; translation_failed, speech_failed,
///                            transcript_failed, session_error (with error_code)
///
/// `processing_latency_ms` is from when the last word concerned was captured to the line. Text of
/// the talk is in lines at DEBUG alone: `discrepancy_texts` has what was forwarded and what the
/// final says.
///
/// At the session's end its outcome goes to `sinks.on_outcome`: the counts and latencies that went
/// into its arm's metrics, under the percentage and the version of `decision`. A session that is
/// given up without having ended has none; one that goes on after its process ended counts from
/// there. What is kept for it until then is bounded: a sketch of the latencies (SparseSketch) and
/// a few numbers.
SessionObserver observe(const SessionId& id, telemetry::Arm arm, const rollout::Decision& decision,
                        const TelemetrySinks& sinks);

}  // namespace sotto::pipeline

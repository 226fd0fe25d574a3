#pragma once

#include "base/ids.hpp"
#include "pipeline/session.hpp"
#include "telemetry/cost.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::pipeline {

/// Where a session's telemetry goes. What is pointed to must outlive the session.
struct TelemetrySinks {
  telemetry::Metrics* metrics = nullptr;
  const telemetry::Log* log = nullptr;
  telemetry::PriceList prices;
};

/// An observer that turns what passes through a session into metrics of its arm and log lines:
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
SessionObserver observe(const SessionId& id, telemetry::Arm arm, const TelemetrySinks& sinks);

}  // namespace sotto::pipeline

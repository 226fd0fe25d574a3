#pragma once

#include <functional>
#include <memory>

#include "base/ids.hpp"
#include "base/utc_time.hpp"
#include "pipeline/session/session_observer.hpp"
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
  /// Called with all votes of a session whenever one came after its end, on its strand; may be
  /// empty.
  std::function<void(const SessionId&, const Votes&)> on_late_votes = {};
  /// The calendar's clock; needed where on_outcome is given, and for what is counted once in five
  /// minutes, which is left out without it.
  std::function<UtcTime()> now = {};
};

/// An observer of one session that begins now. It turns what passes through into metrics of its
/// arm and log lines: those of a step (observation/step_log.hpp, observation/step_metrics.hpp), and
///
///   event = caption_sent, speech_sent   processing_latency_ms to the translation, language (DEBUG)
///   event = discrepancy_texts           forwarded, final (DEBUG alone: text of the session)
///   event = mode_changed                partial_results
///   event = translation_failed, speech_failed, transcript_failed, session_error (error_code)
///   event = session_ended               audio, listeners' hours, cost, orphans, erasure
///
/// There are two latencies. That of the decision, from when a word was captured to the engine's
/// command for it, is DecisionLatency, and `processing_latency_ms` of a step's lines. That of the
/// delivery, from when a caption's or a spoken segment's last word was captured to when its
/// translation was sent to people who followed that language by then, is
/// PartialResultProcessingLatency, the guide's. Catching up is neither.
///
/// At the session's end its outcome goes to `sinks.on_outcome`: the counts and latencies that went
/// into its arm's metrics, under the percentage and the version of `decision`. A session that is
/// given up without having ended has none; one that goes on after its process ended counts from
/// there. What is kept for it until then is bounded: a sketch of the latencies (SparseSketch) and
/// a few numbers.
std::shared_ptr<SessionObserver> observe(const SessionId& id, telemetry::Arm arm,
                                         const rollout::Evaluation& decision,
                                         const TelemetrySinks& sinks);

}  // namespace sotto::pipeline

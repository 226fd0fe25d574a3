#include "observation/step_log.hpp"

#include <cmath>

namespace sotto::observation {

using telemetry::Field;
using telemetry::Level;

namespace {

double rounded(double value) { return std::round(value * 1000) / 1000; }

void write(const Observed& observed, const Field& session, const telemetry::Log& log) {
  switch (observed.kind) {
    case Observed::Kind::words:
      return log.write(Level::info, observed.by_final ? "final result" : "partial result",
                       {session,
                        {"event", observed.by_final ? "final_result" : "partial_result"},
                        {"action", to_string(observed.action)},
                        {"stability_score", rounded(observed.stability)},
                        {"processing_latency_ms", static_cast<double>(observed.latency.count())}});
    case Observed::Kind::set_aside:
      return log.write(
          Level::info, "partial result",
          {session, {"event", "partial_result"}, {"action", to_string(observed.action)}});
    case Observed::Kind::discrepancy:
      return log.write(Level::warning, "a final differs from what was forwarded",
                       {session, {"event", "discrepancy"}, {"share", observed.share}});
    case Observed::Kind::fallback:
      return log.write(
          Level::warning, "the recogniser is silent: finals only",
          {session, {"event", "session_fallback"}, {"error_code", "recogniser_silent"}});
    case Observed::Kind::recovery:
      return log.write(Level::info, "results come again",
                       {session, {"event", "session_recovered"}});
    case Observed::Kind::stability_missing:
      return log.write(Level::warning, "the recogniser says nothing on stability",
                       {session, {"event", "stability_missing"}});
  }
}

}  // namespace

void write(const StepSummary& summary, const SessionId& session, const telemetry::Log& log) {
  const Field of{"session_id", session.str()};
  for (const Observed& observed : summary.observed) write(observed, of, log);
}

}  // namespace sotto::observation

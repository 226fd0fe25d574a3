#include "lambda/session_report.hpp"

#include "observation/step_log.hpp"
#include "observation/step_metrics.hpp"

namespace sotto::lambda {

void SessionReport::publish(const SessionId& session, telemetry::Arm arm, const telemetry::Log& log,
                            telemetry::Metrics& metrics) {
  for (const observation::StepSummary& step : steps_) {
    observation::write(step, session, log);
    observation::count(step, arm, metrics);
  }
  if (orphans_) {
    log.write(telemetry::Level::info, "session ended",
              {{"session_id", session.str()},
               {"event", "session_ended"},
               {"orphaned_results", static_cast<double>(*orphans_)}});
    metrics.record(arm, telemetry::Histogram::orphaned_results_flushed, *orphans_);
  }
  clear();
}

}  // namespace sotto::lambda

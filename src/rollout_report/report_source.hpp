#pragma once

#include <string>

#include "ports/flag_store.hpp"
#include "rollout_report/report_input.hpp"
#include "telemetry/series.hpp"

namespace sotto::rollout_report {

/// What a report is read from. What is pointed to must outlive the call.
struct ReportParts {
  std::string environment, parameter_name;
  ports::FlagStore* flags = nullptr;
  ports::RolloutStore* rollouts = nullptr;
  telemetry::Series* series = nullptr;
  const rollout_controller::RolloutController* controller = nullptr;
  std::optional<std::vector<telemetry::AlarmStatus>> alarms;  ///< none: not known here
};

/// Reads the report of a period that ends now: the last day or week, or all since the rollout was
/// started (400 days at the most). Waits for the stores, and takes the metrics an hour at a time.
/// Errors: the stores'. A record or a session's line that cannot be read is passed over.
Result<ReportInput> read_report(const ReportParts& parts, ReportPeriod period, UtcTime now);

}  // namespace sotto::rollout_report

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
/// The period is none of ReportPeriod::range.
Result<ReportInput> read_report(const ReportParts& parts, ReportPeriod period, UtcTime now);

/// Reads the report of the time from `from` to `to`, both included: only what was decided until
/// `to`, by the records of the decisions, which are never deleted. So the same two times give the
/// same report, whenever and wherever it is made (by the same version of the program). Needs no
/// flags, series or controller of the parts. Errors: the store's; `invalid_argument` naming `from`
/// or `to` for an end before the beginning, or later than range_settled before `now`.
Result<ReportInput> read_report(const ReportParts& parts, UtcTime from, UtcTime to, UtcTime now);

/// A time as people give it: RFC 3339, or a day, which is its beginning. Errors: `invalid_argument`
/// naming the field.
Result<UtcTime> report_time(const std::string& text, const std::string& field);

/// A decision is in the store so soon after its time.
inline constexpr std::chrono::seconds range_settled{10};

}  // namespace sotto::rollout_report

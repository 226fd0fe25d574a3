#pragma once

#include <string>

#include "rollout_report/report_source.hpp"
#include "server/http/http_message.hpp"
#include "server/operator/flag_access.hpp"
#include "telemetry/monitor.hpp"

namespace sotto::server {

/// GET /v1/rollout/report?period=day|week|all&format=markdown|html|json, or with from and to
/// instead of a period: what `sotto rollout report` writes, with the alarms as they are, for those
/// who have the operator's token. Waits for the stores, for seconds where a rollout took weeks.
/// Thread-safe.
class ReportApi {
 public:
  /// What the parts point to, and the monitor, must outlive this.
  ReportApi(FlagAccess flag, rollout_report::ReportParts parts, const telemetry::Monitor* monitor)
      : flag_(std::move(flag)), parts_(std::move(parts)), monitor_(monitor) {}

  static bool owns(const std::string& path) { return path == "/v1/rollout/report"; }

  Response handle(const Request& request) const;

 private:
  Result<rollout_report::ReportInput> read(const Request& request,
                                           rollout_report::ReportPeriod period) const;

  const FlagAccess flag_;
  const rollout_report::ReportParts parts_;
  const telemetry::Monitor* const monitor_;
};

}  // namespace sotto::server

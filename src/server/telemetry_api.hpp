#pragma once

#include <string>

#include "server/exchange.hpp"
#include "server/flag_access.hpp"
#include "server/telemetry_access.hpp"

namespace sotto::server {

/// GET /metrics, Prometheus's text, for everybody who can reach the server; GET /v1/alarms, the
/// alarms and their states, for the operator. Thread-safe.
class TelemetryApi {
 public:
  /// What is pointed to must outlive this.
  TelemetryApi(const telemetry::Metrics* metrics, const telemetry::Monitor* monitor,
               std::string environment, FlagAccess flag)
      : metrics_(metrics),
        monitor_(monitor),
        environment_(std::move(environment)),
        flag_(std::move(flag)) {}

  static bool owns(const std::string& path) { return path == "/metrics" || path == "/v1/alarms"; }

  Response handle(const Request& request) const;

 private:
  Response metrics() const;
  Response alarms(const Request& request) const;

  const telemetry::Metrics* const metrics_;
  const telemetry::Monitor* const monitor_;
  const std::string environment_;
  const FlagAccess flag_;
};

}  // namespace sotto::server

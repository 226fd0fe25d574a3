#pragma once

#include <string>

#include "server/http/http_message.hpp"
#include "server/operator/flag_access.hpp"
#include "server/operator/telemetry_access.hpp"
#include "server/sessions/recogniser_in_use.hpp"

namespace sotto::server {

/// GET /metrics, Prometheus's text, for everybody who can reach the server; GET /v1/alarms, the
/// alarms and their states, and GET /v1/metrics/series, the metrics minute by minute
/// (docs/live.md), for the operator. Thread-safe.
class TelemetryApi {
 public:
  /// What is pointed to must outlive this; `translations` may be null.
  TelemetryApi(const telemetry::Metrics* metrics, telemetry::Series* series,
               const telemetry::Monitor* monitor, std::string environment, FlagAccess flag,
               RecogniserInUse recogniser, const telemetry::TranslationCounts* translations,
               std::function<std::size_t()> not_stored = {})
      : metrics_(metrics),
        series_(series),
        monitor_(monitor),
        environment_(std::move(environment)),
        flag_(std::move(flag)),
        recogniser_(std::move(recogniser)),
        translations_(translations),
        not_stored_(std::move(not_stored)) {}

  static bool owns(const std::string& path) {
    return path == "/metrics" || path == "/v1/alarms" || path == "/v1/metrics/series";
  }

  /// Whether handle() waits for the series.
  static bool may_wait(const Request& request) { return request.path == "/v1/metrics/series"; }

  Response handle(const Request& request) const;

 private:
  Response metrics() const;
  Response alarms() const;
  Response series(const Request& request) const;

  const telemetry::Metrics* const metrics_;
  telemetry::Series* const series_;
  const telemetry::Monitor* const monitor_;
  const std::string environment_;
  const FlagAccess flag_;
  const RecogniserInUse recogniser_;
  const telemetry::TranslationCounts* const translations_;  // or null
  const std::function<std::size_t()> not_stored_;           // or empty, see StoreHealth
};

}  // namespace sotto::server

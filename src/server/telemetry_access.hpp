#pragma once

#include <functional>
#include <string>

#include "telemetry/cost.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/monitor.hpp"
#include "telemetry/series.hpp"

namespace sotto::server {

/// What a server measures, and where it keeps it. What is pointed to must outlive the server.
struct TelemetryAccess {
  telemetry::Metrics* metrics = nullptr;
  telemetry::Series* series = nullptr;
  std::string environment = "prod";
  telemetry::PriceList prices;
  /// Told of each minute that is over and of each alarm that changes, from one thread.
  std::function<void(const telemetry::Minute&)> on_minute;
  std::function<void(const telemetry::AlarmChange&)> on_alarm;
};

}  // namespace sotto::server

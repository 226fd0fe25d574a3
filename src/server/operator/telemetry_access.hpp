#pragma once

#include <functional>
#include <string>

#include "rollout/session_outcome.hpp"
#include "telemetry/cost.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/monitor.hpp"
#include "telemetry/series.hpp"
#include "telemetry/translation_counts.hpp"

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
  /// Told of each session that ends, on its strand: it must not wait. May be empty.
  std::function<void(const rollout::SessionOutcome&)> on_outcome = {};
  const telemetry::TranslationCounts* translations = nullptr;  ///< null: nobody counts
};

}  // namespace sotto::server

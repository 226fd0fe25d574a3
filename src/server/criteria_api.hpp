#pragma once

#include <string>

#include "rollout/criteria.hpp"
#include "server/exchange.hpp"
#include "server/flag_access.hpp"
#include "server/session_registry.hpp"
#include "telemetry/monitor.hpp"
#include "telemetry/series.hpp"

namespace sotto::server {

/// What the series hold of an arm within some minutes, as the criteria want it.
rollout::ArmFigures arm_figures(const std::vector<telemetry::Minute>& minutes, telemetry::Arm arm);

/// GET /v1/rollout/criteria: how the phase stands by the guide's success criteria, over the last
/// hour, for those who have the operator's token; docs/live.md. Waits for the stores. Thread-safe.
class CriteriaApi {
 public:
  /// What is pointed to must outlive this.
  CriteriaApi(FlagAccess flag, const SessionRegistry* registry, telemetry::Series* series,
              const telemetry::Monitor* monitor)
      : flag_(std::move(flag)), registry_(registry), series_(series), monitor_(monitor) {}

  static bool owns(const std::string& path) { return path == "/v1/rollout/criteria"; }

  Response handle(const Request& request) const;

 private:
  boost::json::object phase() const;

  const FlagAccess flag_;
  const SessionRegistry* const registry_;
  telemetry::Series* const series_;
  const telemetry::Monitor* const monitor_;
};

}  // namespace sotto::server

#pragma once

#include <string>

#include "rollout_controller/readings.hpp"
#include "rollout_controller/rollout_controller.hpp"
#include "server/http/http_message.hpp"
#include "server/operator/flag_access.hpp"
#include "server/sessions/session_registry.hpp"

namespace sotto::server {

/// GET /v1/rollout/criteria: the results of the current phase's criteria or, without a plan, of the
/// guide's criteria for the percentage. Needs the operator's token; see docs/live.md. Waits for the
/// stores. Thread-safe.
class CriteriaApi {
 public:
  /// What is pointed to must outlive this.
  CriteriaApi(FlagAccess flag, const SessionRegistry* registry,
              rollout_controller::ReadingsSource* readings,
              const rollout_controller::RolloutController* controller)
      : flag_(std::move(flag)), registry_(registry), readings_(readings), controller_(controller) {}

  static bool owns(const std::string& path) { return path == "/v1/rollout/criteria"; }

  Response handle(const Request& request) const;

 private:
  struct Judged {
    std::vector<rollout::Criterion> criteria;
    rollout::Advice advice;
    std::string why;
  };
  Result<Judged> judge(const std::optional<rollout_controller::Done>& running,
                       const rollout::InForce& in_force, std::optional<UtcTime> since,
                       UtcTime now) const;
  std::optional<UtcTime> percentage_since(const rollout::Flag& now) const;

  const FlagAccess flag_;
  const SessionRegistry* const registry_;
  rollout_controller::ReadingsSource* const readings_;
  const rollout_controller::RolloutController* const controller_;
};

}  // namespace sotto::server

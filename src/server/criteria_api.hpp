#pragma once

#include <string>

#include "phases/conductor.hpp"
#include "phases/readings.hpp"
#include "server/exchange.hpp"
#include "server/flag_access.hpp"
#include "server/session_registry.hpp"

namespace sotto::server {

/// GET /v1/rollout/criteria: the results of the current phase's criteria or, without a plan, of the
/// guide's criteria for the percentage. Needs the operator's token; see docs/live.md. Waits for the
/// stores. Thread-safe.
class CriteriaApi {
 public:
  /// What is pointed to must outlive this.
  CriteriaApi(FlagAccess flag, const SessionRegistry* registry, phases::ReadingsSource* readings,
              const phases::Conductor* conductor)
      : flag_(std::move(flag)), registry_(registry), readings_(readings), conductor_(conductor) {}

  static bool owns(const std::string& path) { return path == "/v1/rollout/criteria"; }

  Response handle(const Request& request) const;

 private:
  struct Judged {
    std::vector<rollout::Criterion> criteria;
    rollout::Advice advice;
    std::string why;
  };
  Result<Judged> judge(const std::optional<phases::Done>& running, bool on,
                       std::optional<UtcTime> since, UtcTime now) const;
  std::optional<UtcTime> percentage_since() const;

  const FlagAccess flag_;
  const SessionRegistry* const registry_;
  phases::ReadingsSource* const readings_;
  const phases::Conductor* const conductor_;
};

}  // namespace sotto::server

#pragma once

#include <string>

#include "rollout_controller/rollout_controller.hpp"
#include "server/http/http_message.hpp"
#include "server/operator/flag_access.hpp"

namespace sotto::server {

/// The phases of the rollout, what `sotto rollout start` and the like do, for those who have the
/// operator's token:
///
///   GET  /v1/rollout/phases                how it stands, and its criteria
///   POST /v1/rollout/phases/start          {"plan":"guide"}, "timeline", or a plan's document
///   POST /v1/rollout/phases/advance        {"force":true} although a criterion fails
///   POST /v1/rollout/phases/pause, /resume, /abort, /approve, /clear
///   GET  /v1/rollout/events?after=N&limit=M   what has happened, oldest first
///   GET  /v1/rollout/events/{number}       one with its evidence, for `sotto rollout verify`
///
/// A command's body may also have "reason" and "by". These calls wait for the stores. Thread-safe.
class PhasesApi {
 public:
  /// The controller and the store must outlive this.
  PhasesApi(FlagAccess flag, rollout_controller::RolloutController* controller,
            ports::RolloutStore* rollouts)
      : flag_(std::move(flag)), controller_(controller), rollouts_(rollouts) {}

  static bool owns(const std::string& path);
  Response handle(const Request& request) const;

 private:
  Response show() const;
  Response act(const Request& request, const std::string& name) const;
  Response events(const Request& request) const;
  Response event(const std::string& number) const;

  const FlagAccess flag_;
  rollout_controller::RolloutController* const controller_;
  ports::RolloutStore* const rollouts_;
};

}  // namespace sotto::server

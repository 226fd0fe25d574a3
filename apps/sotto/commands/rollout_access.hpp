#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/rollout_common.hpp"
#include "options/gates.hpp"
#include "rollout_controller/readings.hpp"
#include "rollout_controller/rollout_controller.hpp"
#include "telemetry/series.hpp"

namespace sotto::app {

/// A rollout as a command sees it: the server's stores, and what they measure.
class RolloutAccess {
 public:
  /// Errors: `invalid_argument` for a parameter's name or a store that are none, and for gates of
  /// CloudWatch without a region; `not_found` without a folder. That CloudWatch cannot be read is
  /// said on standard error.
  static Result<std::unique_ptr<RolloutAccess>> open(const RolloutCommon& common);

  /// The same for what measures nothing: CloudWatch is not asked.
  static Result<std::unique_ptr<RolloutAccess>> open_without_figures(RolloutCommon common) {
    common.gates = "local";
    return open(common);
  }

  rollout_controller::RolloutController& controller() { return controller_; }
  ports::FlagStore& flags() { return *flags_; }
  ports::RolloutStore& rollouts() { return *rollouts_; }
  telemetry::Series& series() { return *series_; }
  const std::string& name() const { return name_; }

  /// The alarms are the server's; they follow from the metrics that it keeps.
  std::vector<telemetry::AlarmStatus> alarms();

 private:
  RolloutAccess(std::string name, std::unique_ptr<ports::FlagStore> flags,
                std::unique_ptr<ports::RolloutStore> rollouts,
                std::unique_ptr<telemetry::Series> series, GateSources gates);

  const std::string name_;
  const std::unique_ptr<ports::FlagStore> flags_;
  const std::unique_ptr<ports::RolloutStore> rollouts_;
  const std::unique_ptr<telemetry::Series> series_;
  rollout_controller::ReadingsSource readings_;
  rollout_controller::RolloutController controller_;
};

}  // namespace sotto::app

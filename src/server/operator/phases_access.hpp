#pragma once

#include <functional>
#include <string>

#include "ports/rollout_store.hpp"
#include "rollout/controller.hpp"
#include "rollout_controller/readings.hpp"
#include "rollout_controller/rollout_controller.hpp"

namespace sotto::server {

/// Where a server's rollout is kept, and who is told of it. What is pointed to must outlive the
/// server.
struct PhasesAccess {
  ports::RolloutStore* rollouts = nullptr;
  std::string process;  ///< a name that no other process has
  /// Told of each event, from the thread that ticks or the one that carries a request.
  std::function<void(const rollout_controller::KeptEvent&, const rollout::State&)> on_event;
  rollout_controller::FiguresSource figures =
      {};  ///< none: the gates go by the server's own series
  rollout_controller::FleetAlarmsSource fleet_alarms = {};  ///< none: only the server's own alarms
};

}  // namespace sotto::server

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "rollout/criteria.hpp"

namespace sotto::rollout_controller {

/// The alarms of a whole fleet that are on, by the names of the plan.
struct FleetAlarms {
  std::vector<std::string> on;                   ///< over both arms
  std::vector<std::string> canary_on;            ///< by the canary's metrics alone
  std::vector<rollout::AlarmSessions> sessions;  ///< of each of them, where they are known
};

/// Reads the fleet's alarms as of `now`. May block; called by one thread at a time. An error means
/// that they cannot be read.
using FleetAlarmsSource = std::function<Result<FleetAlarms>(UtcTime now)>;

/// Adds the fleet's alarms to the readings. An alarm is on if it is on here or in the fleet. Its
/// sessions are the larger numbers of the two, because the fleet's arrive later. Pure.
void add_fleet_alarms(rollout::Readings& readings, const FleetAlarms& fleet);

}  // namespace sotto::rollout_controller

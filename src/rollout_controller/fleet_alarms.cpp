#include "rollout_controller/fleet_alarms.hpp"

#include <algorithm>

namespace sotto::rollout_controller {

using rollout::AlarmSessions;

namespace {

void add(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const std::string& name : more)
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

}  // namespace

void add_fleet_alarms(rollout::Readings& readings, const FleetAlarms& fleet) {
  add(readings.alarms_on, fleet.on);
  add(readings.canary_alarms, fleet.canary_on);
  for (const AlarmSessions& more : fleet.sessions) {
    const auto known =
        std::find_if(readings.alarm_sessions.begin(), readings.alarm_sessions.end(),
                     [&](const AlarmSessions& sessions) { return sessions.alarm == more.alarm; });
    if (known == readings.alarm_sessions.end()) {
      readings.alarm_sessions.push_back(more);
      continue;
    }
    known->canary = std::max(known->canary, more.canary);
    known->canary_active = std::max(known->canary_active, more.canary_active);
    known->control = std::max(known->control, more.control);
    known->control_active = std::max(known->control_active, more.control_active);
  }
}

}  // namespace sotto::rollout_controller

#pragma once

#include <string>

#include "rollout_controller/rollout_controller.hpp"

namespace sotto::rollout_controller {

/// An event for a webhook: {"event","environment","parameter_name","plan","status", and the members
/// of kept_event_json()}. Its hash stands outside the store from then on: `sotto rollout verify
/// --hash` finds out whether the journal up to the event is still what it was.
std::string notice_json(const std::string& environment, const std::string& parameter_name,
                        const KeptEvent& event, const rollout::State& state);

/// The same in the form that Slack's incoming webhooks take: {"text","blocks"}. Source:
/// https://api.slack.com/messaging/webhooks. What people wrote is escaped as Slack asks for.
std::string notice_slack(const std::string& environment, const std::string& parameter_name,
                         const KeptEvent& event, const rollout::State& state);

/// "Rolled back", "Phase passed"; for people.
std::string_view title_of(rollout::EventKind kind);

}  // namespace sotto::rollout_controller

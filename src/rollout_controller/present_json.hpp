#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "rollout_controller/present_state.hpp"

namespace sotto::rollout_controller {

// The JSON of what explain, watch and the console show, the same from the program and over HTTP.
// Members are added, never renamed.

/// standing_json() with "status" as it is now, and "about_to" (null: nothing) and "led".
boost::json::object rollout_json(const Standing& standing, const RolloutNow& present);
boost::json::object rollout_json(const Done& done);

/// criterion_json(), and "why" in words (null: its figures say it all).
boost::json::object shown_json(const rollout::Criterion& criterion);

/// {"rollout","why","event","criteria"}, the last of shown_json().
boost::json::object done_json(const Done& done);

/// feature_flag::explain_json() of one that began now or, where the session with this id goes on
/// and was switched off, which is for good, of that. Then "new_session" (such a one), "rollout"
/// ({"plan","status","phase", "about_to"} or null) and, if a session of this id is known,
/// "session": {"state","created_at",
/// "ended_at","given":{…},"enabled","reason","bucket","rollout_percentage","version","since","by",
/// "why","acted"}. A decision is {"enabled","reason","bucket","rollout_percentage","version"}, with
/// null for a version that is not known.
boost::json::object explained_json(const std::string& session_id, const PresentState& state);

/// Whether the decision of that session is what counts for its id.
bool goes_on(const PresentState& state);

}  // namespace sotto::rollout_controller

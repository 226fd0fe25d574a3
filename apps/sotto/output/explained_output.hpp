#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "rollout_controller/present_state.hpp"

namespace sotto::app {

/// What `sotto rollout explain` says of an id: of its session, if one is known, what it was given,
/// what is in force for it now, since when and why; and what a session that began now would get.
/// `not_known` is what the stores alone do not say. Nothing that comes from a store reaches the
/// terminal as a control character.
void print_explained(std::ostream& out, const std::string& session_id,
                     const rollout_controller::PresentState& state,
                     const std::vector<std::string>& not_known, UtcTime now);

}  // namespace sotto::app

#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "rollout_controller/rollout_controller.hpp"

namespace sotto::app {

// What `sotto rollout` says of the phases to people; nothing that comes from a store reaches the
// terminal as a control character.

/// The plan's phases in a line each, with a mark at the one that it is in; what the flag was
/// changed to since the last step; and whether a server steps it.
void print_standing(std::ostream& out, const rollout_controller::Done& done, UtcTime now);

/// A table: criterion, now, limit, control, interval, samples, verdict.
void print_criteria(std::ostream& out, const std::vector<rollout::Criterion>& criteria);

/// An event in two lines, with the number of its record.
void print_event(std::ostream& out, std::uint64_t record, const rollout::RolloutEvent& event);

/// The plan of that name, or of that file. Errors: `invalid_argument` naming
/// `plan`, and those of parse_plan().
Result<rollout::Plan> read_plan(const std::string& plan);

}  // namespace sotto::app

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "commands/rollout_common.hpp"
#include "simulation/shape.hpp"

namespace sotto::app {

/// Which scenarios are simulated: those with the names, or "all"; and those of the files. The usual
/// ones where there are neither.
struct ChosenScenarios {
  std::vector<std::string> names, files;
  /// Instead of a scenario's own, but for one among several that is about how many there are.
  std::optional<double> sessions_a_day;
};

/// Errors: those of parse_shape() and of reading a file, with the file's name before them.
Result<std::vector<simulation::Scenario>> choose_scenarios(const ChosenScenarios& by);

/// Prints the names and meanings of all that the program has; an exit code.
int list_scenarios(const RolloutCommon& common);

/// The same of some, and how wide the column of the names is.
void print_meanings(std::span<const simulation::Scenario> scenarios);
int name_width(std::span<const simulation::Scenario> scenarios);

}  // namespace sotto::app

#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "simulation/scenario.hpp"

namespace sotto::simulation {

inline constexpr std::size_t max_shape_bytes = 64 * 1024;

/// Reads a shape: a scenario as a JSON object, whose members docs/rollout.md lists. Those left out
/// are those of the healthy default. Errors: `invalid_argument` naming the member, its value and
/// its range, also for one that is not known or is there twice.
Result<Scenario> parse_shape(std::string_view document);

/// The shapes of the folder `shapes`, as they were when the program was built, by name.
std::span<const Scenario> scenarios();
std::optional<Scenario> scenario_named(std::string_view name);

}  // namespace sotto::simulation

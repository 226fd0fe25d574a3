#pragma once

#include <span>
#include <string_view>

namespace sotto::simulation {

/// The files of the folder `shapes`, by name.
std::span<const std::string_view> embedded_shapes();

}  // namespace sotto::simulation

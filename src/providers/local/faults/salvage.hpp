#pragma once

#include <cstddef>
#include <filesystem>

#include "base/result.hpp"

namespace sotto::providers::local {

/// Copies into the store `to`, made where there is none, what can still be read of the damaged
/// store `from`: sessions and captions, from both ends up to the first damaged page. Changes
/// nothing in `from`. Returns how many sessions. Errors: those of `to`.
Result<std::size_t> salvage_sessions(const std::filesystem::path& from,
                                     const std::filesystem::path& to);

}  // namespace sotto::providers::local

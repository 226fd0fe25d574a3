#pragma once

#include <chrono>
#include <filesystem>

#include "base/result.hpp"

namespace sotto::files {

/// Those who lock a file here keep it for milliseconds; one that keeps it for so long is stuck.
inline constexpr std::chrono::milliseconds lock_patience{10'000};

/// Takes the lock of an open file, flock(2)'s exclusive one, which goes with the descriptor. Waits
/// while another has it, for `patience` at most. `path` is for the error: `unavailable`.
Result<> lock_file(int descriptor, const std::filesystem::path& path,
                   std::chrono::milliseconds patience = lock_patience);

}  // namespace sotto::files

#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace sotto::models {

/// The SHA-256 of a regular file, as 64 lower-case hexadecimal digits. Reads all of it: some 0.2 s
/// for 100 MB. Errors: `not_found`, `invalid_argument` where it is no file, `permission_denied`,
/// `unavailable` where it cannot be read. Thread-safe.
Result<std::string> sha256_of(const std::filesystem::path& path);

}  // namespace sotto::models

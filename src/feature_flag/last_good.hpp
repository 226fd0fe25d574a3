#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "rollout/flag.hpp"

namespace sotto::feature_flag {

/// The last valid flag that a process has seen, stored on disk for a start without the store.
struct LastGood {
  std::string parameter_name;
  std::uint64_t version = 0;
  rollout::Flag flag;
};

/// Reads it. Nothing if there is no file, or if it has another flag. Errors: those of the file, and
/// `invalid_argument` for other contents.
Result<std::optional<LastGood>> load_last_good(const std::filesystem::path& file,
                                               const std::string& parameter_name);

/// Replaces it. Errors: those of files::write_file().
Result<> save_last_good(const std::filesystem::path& file, const LastGood& last_good);

}  // namespace sotto::feature_flag

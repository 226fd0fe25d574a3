#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/flag_store.hpp"

namespace sotto::providers::local {

/// Which files of a folder to look at: those whose names begin so.
struct WatchedFiles {
  std::filesystem::path folder;
  std::string prefix;
};

/// Calls `on_change` from a thread of its own when a file that is looked at was written, made,
/// moved or removed (inotify(7): changes by any process of this machine, none made elsewhere on a
/// network file system). Errors: `unavailable` for a folder that is not there.
Result<std::unique_ptr<ports::FlagWatch>> watch_files(const std::vector<WatchedFiles>& files,
                                                      std::function<void()> on_change);

}  // namespace sotto::providers::local

#pragma once

#include <sys/types.h>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sotto::files {

/// The file's content; nothing where there is no file. Errors: `invalid_argument` above `max_bytes`
/// or for a folder, `permission_denied`, `unavailable`. Thread-safe.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path,
                                             std::size_t max_bytes);

/// Replaces the file's content, or makes the file with `mode` and its folder: a reader finds the
/// old content or the new, also after a crash at any moment (a hidden temporary file beside it,
/// fsync, rename(2), fsync of the folder). Errors: `permission_denied` where nothing can be written
/// there, `unavailable` for the rest. Thread-safe; of two at once, one wins.
Result<> write_file(const std::filesystem::path& path, std::string_view content,
                    mode_t mode = 0644);

/// Makes a folder and those above it. Errors: as write_file().
Result<> make_folder(const std::filesystem::path& folder);

/// An error of the operating system about a path: `permission_denied` where the caller or the file
/// system may not, else `unavailable`; the message is `ACTION PATH: reason`.
Error system_error(const std::string& action, const std::filesystem::path& path, int error);

}  // namespace sotto::files

#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace sotto::providers::local {

/// Makes a folder, and those above it, where there is none: with mode 0700. One that is there stays
/// as it is, since others may share it on purpose. Errors: as files::make_folder().
Result<> make_private_folder(const std::filesystem::path& folder);

/// Makes an empty file with mode 0600 where there is none, and its folder; SQLite takes it for an
/// empty database, and gives the files that it makes beside it the same mode. Not by open(2):
/// closing a database's file drops this process's locks on it. Errors: as above.
Result<> make_private_file(const std::filesystem::path& path);

}  // namespace sotto::providers::local

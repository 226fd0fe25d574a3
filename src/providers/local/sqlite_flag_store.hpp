#pragma once

#include <filesystem>
#include <memory>

#include "ports/flag_store.hpp"

namespace sotto::providers::local {

/// Flags in an SQLite database, for the processes of one machine: durable when write() returns, and
/// seen by the others at once. Beside it lies a folder `PATH.readers`. The database is opened anew
/// for each call, so that one that was removed or replaced is noticed; the last 1,000 versions of a
/// flag are kept. Contract: ports::FlagStore.
std::unique_ptr<ports::FlagStore> make_sqlite_flag_store(std::filesystem::path path);

}  // namespace sotto::providers::local

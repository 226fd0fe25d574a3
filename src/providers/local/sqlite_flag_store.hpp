#pragma once

#include <filesystem>
#include <memory>

#include "ports/flag_store.hpp"

namespace sotto::providers::local {

/// Flags in an SQLite database, for the processes of one machine: durable when write() returns, and
/// visible to the others at once. Beside it is a folder `PATH.readers`. The database is opened for
/// each call, so that a removed or replaced file is noticed. The last 1,000 versions of a flag are
/// kept. Contract: ports::FlagStore.
std::unique_ptr<ports::FlagStore> make_sqlite_flag_store(std::filesystem::path path);

}  // namespace sotto::providers::local

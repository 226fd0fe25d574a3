#pragma once

#include <filesystem>
#include <memory>

#include "ports/rollout_store.hpp"

namespace sotto::providers::local {

/// Rollouts in the SQLite database `rollout.db` of a folder, for the processes of one machine. It
/// has a write-ahead log, so that nobody who reads waits for whoever writes, and is opened anew for
/// each call, so that one that was removed or replaced is noticed. State and decisions are on the
/// disk when write() returns; a power failure may take the last sessions, the death of a process
/// takes nothing. Another process's transaction is waited for, four seconds at the most. Readers
/// need the right to write beside the file. Contract: ports::RolloutStore.
std::unique_ptr<ports::RolloutStore> make_sqlite_rollout_store(const std::filesystem::path& folder);

}  // namespace sotto::providers::local

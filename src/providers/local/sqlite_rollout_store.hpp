#pragma once

#include <filesystem>
#include <memory>

#include "ports/rollout_store.hpp"

namespace sotto::providers::local {

/// Rollouts in the SQLite database `rollout.db` of a folder, for the processes of one machine. It
/// has a write-ahead log, so that readers do not wait for a writer. It is opened for each call, so
/// that a removed or replaced file is noticed. State and decisions are on the disk when write()
/// returns. A power failure may lose the last sessions; a killed process loses nothing. A call
/// waits at most four seconds for another process's transaction. Readers need write permission
/// beside the file. Contract: ports::RolloutStore.
std::unique_ptr<ports::RolloutStore> make_sqlite_rollout_store(const std::filesystem::path& folder);

}  // namespace sotto::providers::local

#pragma once

#include <filesystem>
#include <memory>

#include "ports/checkpoint_store.hpp"

namespace sotto::providers::local {

/// Checkpoints as files in a folder, one per session. The folder is created by the first save.
/// Processes that share the folder take turns with a lock on a file in it; a reader needs no lock.
/// Deletes nothing: removing old files is left to the owner of the folder.
std::unique_ptr<ports::CheckpointStore> make_file_checkpoint_store(
    const std::filesystem::path& folder);

}  // namespace sotto::providers::local

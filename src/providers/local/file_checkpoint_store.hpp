#pragma once

#include <filesystem>
#include <memory>

#include "ports/checkpoint_store.hpp"

namespace sotto::providers::local {

/// Checkpoints as files in a folder, one a session, made with the first save. Processes that share
/// the folder take turns by a lock on a file in it; a reader needs none. Forgets nothing: what is
/// old is whoever's who made the folder.
std::unique_ptr<ports::CheckpointStore> make_file_checkpoint_store(
    const std::filesystem::path& folder);

}  // namespace sotto::providers::local

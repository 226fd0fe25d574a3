#pragma once

#include <filesystem>
#include <memory>

#include "ports/flag_store.hpp"

namespace sotto::providers::local {

/// Flags as plain JSON files, for people who keep their configuration under version control and
/// edit it by hand: a change of the file is a change of the flag. `path` is a folder when it is one
/// or ends with `/`, and then holds `NAME.json` for each flag; else it is the file of one flag.
/// Beside a flag's file are `FILE.history.jsonl` with its last 1,000 versions, and `FILE.readers`
/// with its readers, which need not be kept. Contract: ports::FlagStore, and `invalid_argument` for
/// a second flag in a file for one.
std::unique_ptr<ports::FlagStore> make_file_flag_store(std::filesystem::path path);

}  // namespace sotto::providers::local

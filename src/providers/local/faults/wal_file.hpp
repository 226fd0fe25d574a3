#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace sotto::providers::local {

/// What is wrong with a write-ahead log of SQLite, which SQLite itself passes over without a word:
/// a header that is none, or a frame with a wrong sum that a commit of the same generation follows.
/// A log that ends in the middle of a transaction is sound, as is none. Reads it once. Source:
/// https://www.sqlite.org/fileformat2.html#the_write_ahead_log
std::optional<std::string> wal_damage(const std::filesystem::path& path);

}  // namespace sotto::providers::local

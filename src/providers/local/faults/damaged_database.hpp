#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::providers::local {

/// A database that was found damaged.
struct Damage {
  std::string why;            ///< such as "database disk image is malformed"
  bool only_its_log = false;  ///< the database itself is sound; its write-ahead log is not
};

/// What is wrong with a database file, before anybody opens it: it is no file, no database, cut
/// off, does not pass SQLite's quick_check, cannot be read, or was written by a newer version than
/// `newest_schema` (its user_version; -1: any). Nothing where it is sound, or not there. A check
/// that takes longer than `patience` is given up, and finds nothing. Changes nothing.
std::optional<Damage> find_damage(const std::filesystem::path& path,
                                  std::int64_t newest_schema = -1,
                                  std::chrono::milliseconds patience = std::chrono::seconds{2});

/// Moves a database with its -wal and -shm out of the way (of one whose log alone is damaged,
/// copies them): to PATH.damaged-YYYYMMDD-HHMMSS, with a number behind it where that is taken.
/// Returns that name. Errors: `permission_denied` and `unavailable`; then it is where it was.
Result<std::filesystem::path> set_aside(const std::filesystem::path& path, const Damage& damage,
                                        UtcTime now);

}  // namespace sotto::providers::local

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/flag_store.hpp"

namespace sotto::providers::local {

/// The history beside a flag's file: JSON lines, two per change. The first announces the change
/// before the flag's file is replaced; the second confirms it afterwards. So if a writer dies, the
/// history shows whether the file has its change.
struct FileHistory {
  std::string flag;                              ///< whose history; empty: nobody's yet
  std::vector<ports::FlagRevision> revisions;    ///< committed ones, oldest first
  std::optional<ports::FlagRevision> announced;  ///< the last, when nothing says it was done
  std::size_t whole_bytes =
      0;  ///< up to the end of the last whole line; what follows is half a line

  std::uint64_t last_version() const { return revisions.empty() ? 0 : revisions.back().version; }
};

/// Reads it; other lines are skipped. Never fails.
FileHistory parse_history(std::string_view text);

/// The lines, each with its line break.
std::string announce_line(const std::string& flag, const ports::FlagRevision& revision);
std::string done_line(std::uint64_t version);

/// The flag's current version, given what its file holds and when it was written: the last one of
/// the history, or the announced one, or one more, changed by hand.
ports::FlagRevision current_revision(const FileHistory& history, std::string_view document,
                                     UtcTime written_at);

}  // namespace sotto::providers::local

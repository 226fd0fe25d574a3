#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/flag_store.hpp"
#include "rollout/flag_edit.hpp"

namespace sotto::control {

/// A version of the flag that is valid.
struct FlagVersion {
  rollout::Flag flag;
  ports::FlagRevision revision;
};

/// Who changes a flag, when and why.
struct Author {
  std::string name;    ///< 1 to 100 characters
  std::string reason;  ///< up to 500 characters
  UtcTime now{};
};

/// How careful a change is.
struct Care {
  std::optional<std::uint64_t> if_version;  ///< only over this version: what the author has seen
  bool dry_run = false;                     ///< says what would change, and changes nothing
};

/// What a change did, or would do.
struct FlagChanged {
  std::optional<FlagVersion> before;
  FlagVersion after;  ///< of a dry run without its version; of no change, as it was
  std::vector<rollout::Difference> differences;  ///< none: there was nothing to change, and nothing
                                                 ///< was written
};

/// The flag's current version. Errors: `not_found` where there is none, `invalid_argument` where
/// the document in the store is refused, and the store's.
Result<FlagVersion> current_flag(ports::FlagStore& store, const std::string& name);

/// Changes the flag. Without one, begins with the defaults at 0 %. Switching it off always wins: it
/// also replaces a document that is refused, sheds unknown members and overrides where the document
/// would be too long, and is tried again where somebody else was faster.
/// Errors: those of apply(), `resource_exhausted` for another change that makes the document too
/// long, `conflict` where somebody was faster or `if_version` is not current,
/// `invalid_argument` for an author without a name, and the store's. What fails changes nothing.
Result<FlagChanged> change_flag(ports::FlagStore& store, const std::string& name,
                                const rollout::FlagEdit& edit, const Author& author,
                                const Care& care = {});

/// Writes the flag of an older version again, of the last valid one before the current where
/// `version` is not given. Errors: as change_flag(), and `not_found` for a version that is not
/// kept.
Result<FlagChanged> undo_flag(ports::FlagStore& store, const std::string& name,
                              std::optional<std::uint64_t> version, const Author& author,
                              const Care& care = {});

/// A version in the history, and what it changed.
struct HistoryEntry {
  ports::FlagRevision revision;
  std::optional<Error> refused;                  ///< why its document is none
  std::vector<rollout::Difference> differences;  ///< from the valid one before it
};

/// The last `limit` versions, newest first.
Result<std::vector<HistoryEntry>> flag_history(ports::FlagStore& store, const std::string& name,
                                               std::size_t limit);

/// What differs between two versions; without them, what the last change did. Errors: `not_found`,
/// `invalid_argument` for a version whose document is refused.
struct FlagComparison {
  FlagVersion before, after;
  std::vector<rollout::Difference> differences;
};
Result<FlagComparison> compare_versions(ports::FlagStore& store, const std::string& name,
                                        std::optional<std::uint64_t> before,
                                        std::optional<std::uint64_t> after);

/// Gives a store that has never held the flag its first version. True: it was written now. Errors:
/// the store's.
Result<bool> seed_flag(ports::FlagStore& store, const std::string& name, const rollout::Flag& first,
                       const Author& author);

}  // namespace sotto::control

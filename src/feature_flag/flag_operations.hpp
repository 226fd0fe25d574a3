#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/flag_store.hpp"
#include "rollout/flag_edit.hpp"

namespace sotto::feature_flag {

/// A valid version of the flag.
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

/// Conditions of a change.
struct Care {
  std::optional<std::uint64_t>
      if_version;          ///< apply only over this version, which the author has seen
  bool dry_run = false;    ///< report what would change, and change nothing
  bool confirmed = false;  ///< of undo_flag(): the author knows whom it switches on
};

/// What a change did, or would do.
struct FlagChanged {
  std::optional<FlagVersion> before;
  FlagVersion after;  ///< of a dry run without its version; of no change, as it was
  std::vector<rollout::Difference> differences;  ///< none: there was nothing to change, and nothing
                                                 ///< was written
  std::string switches_on;  ///< whom it gives partial results: see rollout::switches_on()
};

/// The flag's current version. Errors: `not_found` where there is none, `invalid_argument` where
/// the document in the store is refused, and the store's.
Result<FlagVersion> current_flag(ports::FlagStore& store, const std::string& name);

/// Changes the flag. If there is none, starts from the defaults at 0 %. Switching off always
/// succeeds: it also replaces a refused document, drops unknown members and overrides if the
/// document would be too long, and is repeated if somebody else was faster. Errors: those of
/// apply(), `resource_exhausted` for any other change that makes the document too long, `conflict`
/// if somebody was faster or `if_version` is not current, `invalid_argument` for an author without
/// a name, and the store's. A failed change changes nothing.
Result<FlagChanged> change_flag(ports::FlagStore& store, const std::string& name,
                                const rollout::FlagEdit& edit, const Author& author,
                                const Care& care = {});

/// Writes the flag of an older version again; without `version`, the last valid one before the
/// current. Going back may switch on what somebody has switched off: that needs `care.confirmed`,
/// unless it is a dry run. Errors: as change_flag(), `not_found` for a version that is not stored,
/// and `conflict` with the field `confirm` and whom it would switch on.
Result<FlagChanged> undo_flag(ports::FlagStore& store, const std::string& name,
                              std::optional<std::uint64_t> version, const Author& author,
                              const Care& care = {});

/// A version in the history, and its changes.
struct HistoryEntry {
  ports::FlagRevision revision;
  std::optional<Error> refused;                  ///< why its document was refused
  std::vector<rollout::Difference> differences;  ///< from the valid one before it
};

/// The last `limit` versions, newest first.
Result<std::vector<HistoryEntry>> flag_history(ports::FlagStore& store, const std::string& name,
                                               std::size_t limit);

/// The differences between two versions; without versions, the last change. Errors: `not_found`,
/// `invalid_argument` for a version whose document is refused.
struct FlagComparison {
  FlagVersion before, after;
  std::vector<rollout::Difference> differences;
};
Result<FlagComparison> compare_versions(ports::FlagStore& store, const std::string& name,
                                        std::optional<std::uint64_t> before,
                                        std::optional<std::uint64_t> after);

/// Creates the flag's first version in a store that has never had it. True: it was written now.
/// Errors: the store's.
Result<bool> seed_flag(ports::FlagStore& store, const std::string& name, const rollout::Flag& first,
                       const Author& author);

}  // namespace sotto::feature_flag

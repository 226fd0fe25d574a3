#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "ports/session_store.hpp"

namespace sotto::providers::local {

/// How much a store takes.
struct SessionStoreLimits {
  std::size_t waiting_captions = 100'000;                    ///< appended, but not yet acknowledged
  std::size_t feedback = ports::SessionStore::max_feedback;  ///< of one session
};

/// Opens sessions in an SQLite file, or makes it (and its folder) with mode 0600. Contract:
/// ports::SessionStore. Beyond it:
///
/// - One thread writes. It takes all that waits, writes it in one transaction, and calls each
///   `done`, in order. From a `done`, reading, append() and end() may be called; begin(), decide(),
///   feedback() and prune() would wait for themselves.
/// - Where the file cannot be written, all that waited is told so (an end() waits for the next
///   transaction) and the store goes on trying. Behind another process's transaction it waits four
///   seconds. A file that was removed is made anew, without the sessions that were in it.
/// - An append() behind `waiting_captions` others fails at once with `resource_exhausted`, on the
///   caller's thread and before theirs.
/// - append(), decide() and feedback() say `not_found` for a session that was never begun or has
///   been pruned; a pruned id may begin anew.
/// - The destructor first writes all that waits.
///
/// Errors: `permission_denied`, and `unavailable` also for a file of a newer schema or of something
/// else, which stays as it is.
Result<std::unique_ptr<ports::SessionStore>> open_sqlite_session_store(
    std::filesystem::path path, SessionStoreLimits limits = {});

/// One session of such a file, read without changing or making it, also while a server has it
/// open; nothing where there is no such session, or no file. Errors: `unavailable` and
/// `permission_denied`.
Result<std::optional<ports::StoredSession>> find_stored_session(const std::filesystem::path& path,
                                                                const SessionId& id);

}  // namespace sotto::providers::local

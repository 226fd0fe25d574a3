#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::ports {

/// How far a session has been processed, and its state at that point. The store does not interpret
/// either.
struct Checkpoint {
  std::string sequence_number;  ///< of the last record that is part of it
  std::string state;            ///< any bytes
  UtcTime at{};                 ///< when it was saved; a store may forget it a week later
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// A checkpoint and its version in the store: from 1, one more with each save.
struct SavedCheckpoint {
  std::uint64_t version = 0;
  Checkpoint checkpoint;
};

/// The error for a save over another version than the current one (0: there is none).
inline Error checkpoint_conflict(std::uint64_t expected, std::uint64_t current) {
  return {ErrorCode::conflict,
          "the session is at version " + std::to_string(current) + ", not " +
              std::to_string(expected) + ": somebody else goes on with it; load it again",
          "version"};
}

/// Stores sessions that no process owns, between two invocations. All methods block, for five
/// seconds at the most, and are thread-safe. Errors of both: `unavailable` (or `permission_denied`)
/// with a message that names the store.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  /// What people call it, such as `dynamodb:audio-sessions`.
  virtual std::string name() const = 0;

  /// The session's last checkpoint, whoever saved it; nothing if there is none. Every load sees all
  /// saves that were acknowledged before it (a consistent read).
  virtual Result<std::optional<SavedCheckpoint>> load(const SessionId& session) = 0;

  /// Replaces the checkpoint if its version is still `expected` (0: there is none). Atomic, also if
  /// this process dies. Returns the new version. Errors: `conflict` if somebody else has saved
  /// since; `resource_exhausted` above max_bytes. After `unavailable` the checkpoint may have been
  /// saved or not.
  virtual Result<std::uint64_t> save(const SessionId& session, std::uint64_t expected,
                                     const Checkpoint& checkpoint) = 0;

  /// Of state and sequence number together: a DynamoDB item has 400 kB, names and the rest
  /// included.
  static constexpr std::size_t max_bytes = 390'000;
};

}  // namespace sotto::ports

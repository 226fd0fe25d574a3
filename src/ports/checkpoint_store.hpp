#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::ports {

/// How far a session has been processed, and its state there. The store looks into none of it.
struct Checkpoint {
  std::string sequence_number;  ///< of the last record that is part of it
  std::string state;            ///< any bytes
  UtcTime at{};                 ///< when it was saved; a store may forget it a week later
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// A checkpoint and its version in the store: from 1, growing by one a save.
struct SavedCheckpoint {
  std::uint64_t version = 0;
  Checkpoint checkpoint;
};

/// The error of a saver that has not seen the current version (0: there is none).
inline Error checkpoint_conflict(std::uint64_t expected, std::uint64_t current) {
  return {ErrorCode::conflict,
          "the session is at version " + std::to_string(current) + ", not " +
              std::to_string(expected) + ": somebody else goes on with it; load it again",
          "version"};
}

/// Where sessions that no process owns are kept between two of them. All methods block, for five
/// seconds at the most, and are thread-safe. Errors of both: `unavailable` (or
/// `permission_denied`) with a message that names the store.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  /// What people call it, such as `dynamodb:audio-sessions`.
  virtual std::string name() const = 0;

  /// The session's checkpoint as it was saved last, by whomever; nothing where there is none. A
  /// save that was acknowledged is seen by every load after it (a consistent read).
  virtual Result<std::optional<SavedCheckpoint>> load(const SessionId& session) = 0;

  /// Replaces the checkpoint if its version is still `expected` (0: there is none), at once or not
  /// at all, whenever this process dies. Returns the new version. Errors: `conflict` where somebody
  /// was faster; `resource_exhausted` above max_bytes. After `unavailable` it may have been saved
  /// all the same.
  virtual Result<std::uint64_t> save(const SessionId& session, std::uint64_t expected,
                                     const Checkpoint& checkpoint) = 0;

  /// Of state and sequence number together: a DynamoDB item has 400 kB, names and the rest
  /// included.
  static constexpr std::size_t max_bytes = 390'000;
};

}  // namespace sotto::ports

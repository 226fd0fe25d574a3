#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::ports {

/// The state of a rollout, as a text that is opaque to the store.
struct RolloutState {
  std::uint64_t version = 0;  ///< from 1, growing by one a write
  std::string text;
};

/// An append-only journal of the store.
enum class Journal : std::uint8_t {
  decisions,  ///< each decision with its evidence
  sessions    ///< the outcome of each session that ended
};

struct JournalEntry {
  std::uint64_t number = 0;  ///< rising; not without gaps
  UtcTime at{};
  std::string text;
};

/// The error for a write over another version than the current one (0: there is none).
inline Error rollout_conflict(std::uint64_t expected, std::uint64_t current) {
  return {ErrorCode::conflict,
          "the rollout is at version " + std::to_string(current) + ", not " +
              std::to_string(expected) + ": somebody was faster; read it again",
          "version"};
}

/// Stores the state of rollouts, each under its flag's name, for all processes that share the flag.
/// All methods block, for five seconds at the most, and are thread-safe. Errors of all of them:
/// `unavailable` (or `permission_denied`) with a message that names the store.
class RolloutStore {
 public:
  virtual ~RolloutStore() = default;

  /// What people call it, such as `sqlite:/var/lib/sotto/rollout.db`.
  virtual std::string name() const = 0;

  /// The current state; nothing where there is none, or no store yet. Creates nothing.
  virtual Result<std::optional<RolloutState>> read(const std::string& flag) = 0;

  /// Replaces the state if its version is still `expected` (0: there is none), and appends
  /// `decisions` to their journal. Both or neither, also if this process dies. Returns the new
  /// version. Errors: `conflict` if somebody else has written since.
  virtual Result<std::uint64_t> write(const std::string& flag, std::uint64_t expected,
                                      const std::string& text,
                                      const std::vector<std::string>& decisions, UtcTime at) = 0;

  /// Appends to the sessions' journal in this order, all or none. The store gives the numbers;
  /// those in the argument are ignored.
  virtual Result<> add_sessions(const std::string& flag,
                                const std::vector<JournalEntry>& entries) = 0;

  /// The entries of a journal with numbers above `after`, in order, at most `limit`.
  virtual Result<std::vector<JournalEntry>> entries(const std::string& flag, Journal journal,
                                                    std::uint64_t after, std::size_t limit) = 0;

  /// Deletes the sessions (not the decisions) before a time, of all flags. Their numbers are not
  /// used again.
  virtual Result<> prune(UtcTime before) = 0;
};

}  // namespace sotto::ports

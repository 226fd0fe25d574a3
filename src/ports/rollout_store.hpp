#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::ports {

/// Where a rollout stands, as a text that is opaque to the store.
struct RolloutState {
  std::uint64_t version = 0;  ///< from 1, growing by one a write
  std::string text;
};

/// What a store keeps in order and never changes.
enum class Journal : std::uint8_t {
  decisions,  ///< what was done, and by which evidence
  sessions    ///< the outcome of each session that ended
};

struct JournalEntry {
  std::uint64_t number = 0;  ///< rising; not without gaps
  UtcTime at{};
  std::string text;
};

/// The error of a writer that has not seen the current version (0: there is none).
inline Error rollout_conflict(std::uint64_t expected, std::uint64_t current) {
  return {ErrorCode::conflict,
          "the rollout is at version " + std::to_string(current) + ", not " +
              std::to_string(expected) + ": somebody was faster; read it again",
          "version"};
}

/// Where rollouts keep their state, each under its flag's name, shared by the processes that share
/// the flag. All methods block, for five seconds at the most, and are thread-safe. Errors of all of
/// them: `unavailable` (or `permission_denied`) with a message that names the store.
class RolloutStore {
 public:
  virtual ~RolloutStore() = default;

  /// What people call it, such as `sqlite:/var/lib/sotto/rollout.db`.
  virtual std::string name() const = 0;

  /// The current state; nothing where there is none, or no store yet. Creates nothing.
  virtual Result<std::optional<RolloutState>> read(const std::string& flag) = 0;

  /// Replaces the state if its version is still `expected` (0: there is none), and adds `decisions`
  /// to their journal, both or neither, whenever this process dies. Returns the new version.
  /// Errors: `conflict` where somebody was faster.
  virtual Result<std::uint64_t> write(const std::string& flag, std::uint64_t expected,
                                      const std::string& text,
                                      const std::vector<std::string>& decisions, UtcTime at) = 0;

  /// Adds to the sessions' journal, all or none, in this order; their numbers are given here, and
  /// those they came with do not count.
  virtual Result<> add_sessions(const std::string& flag,
                                const std::vector<JournalEntry>& entries) = 0;

  /// The entries of a journal with numbers above `after`, in order, `limit` at the most.
  virtual Result<std::vector<JournalEntry>> entries(const std::string& flag, Journal journal,
                                                    std::uint64_t after, std::size_t limit) = 0;

  /// Forgets the sessions (not the decisions) before a time, of all flags. Their numbers are not
  /// given again.
  virtual Result<> prune(UtcTime before) = 0;
};

}  // namespace sotto::ports

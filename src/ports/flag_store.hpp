#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "base/utc_time.hpp"

namespace sotto::ports {

/// One version of a flag's document, and who made it, when and why.
struct FlagRevision {
  std::uint64_t version = 0;  ///< from 1, growing by one a change
  std::string document;       ///< as it is stored: nobody has looked whether it is valid
  std::string changed_by;
  std::string reason;
  UtcTime changed_at{};
  friend bool operator==(const FlagRevision&, const FlagRevision&) = default;
};

/// A new document for a flag.
struct FlagChange {
  std::string document;
  std::string changed_by;
  std::string reason;
  UtcTime changed_at{};
};

/// The version that a process which reads the flag acts on.
struct FlagReaderState {
  std::string process;        ///< as it named itself
  std::uint64_t version = 0;  ///< acted on in every session; 0: none yet
  UtcTime at{};               ///< since when
  /// Its live sessions when it was heard of last; none where the store does not say.
  std::optional<std::uint64_t> sessions = {};
  UtcTime heard_at = {};  ///< of stores whose seats are leases
  /// Its lease has expired without a sign-off: it has died, or it cannot reach the store.
  bool gone = false;
};

/// How a store is followed, and what its list of readers is worth.
struct FlagFollowing {
  /// Where watch() is null: how often a server reads the flag, if not more often.
  std::optional<milliseconds> poll = {};
  /// How often a seat has to be renewed; none: it lasts as long as its process.
  std::optional<milliseconds> renew = {};
  milliseconds ask_list{50};    ///< how often readers() is asked where watch() is null
  milliseconds patience{2000};  ///< within this every reader should have acknowledged a change
  /// Who reads the flag without being on the list, for people; empty: nobody, so an empty list
  /// means that nobody reads the flag.
  std::string not_listed = {};
};

/// Watches a flag for as long as it lives.
class FlagWatch {
 public:
  virtual ~FlagWatch() = default;
  /// False when it cannot see changes any more, for example because its folder was removed. Then
  /// watch again.
  virtual bool alive() const = 0;
};

/// A process among the readers of a flag, for as long as it lives.
class FlagReaderSeat {
 public:
  virtual ~FlagReaderSeat() = default;
  /// Acknowledges that this process acts on a version. Errors: `unavailable`.
  virtual Result<> acknowledge(std::uint64_t version, UtcTime at) = 0;

  /// Says that this process is alive and has so many live sessions, and what it acknowledged last,
  /// also if that could not be written. To be called as often as FlagFollowing::renew says. Errors:
  /// `unavailable`; `already_exists` where another process has taken the name meanwhile.
  virtual Result<> renew(std::uint64_t live_sessions) {
    (void)live_sessions;
    return {};
  }
};

/// The error for a write that expected another version than the current one (version 0: there is
/// none).
inline Error conflict(std::uint64_t expected, const FlagRevision& current) {
  std::string message = "the flag is at version " + std::to_string(current.version) + ", not " +
                        std::to_string(expected);
  if (current.version > 0)
    message += ": " + current.changed_by + " changed it at " + format_utc(current.changed_at);
  if (!current.reason.empty()) message += " (" + current.reason + ")";
  return {ErrorCode::conflict, message + "; look at it and say it again", "version"};
}

/// Stores flags, each under its name (rollout::validate_parameter_name), with their history. All
/// methods block, for five seconds at the most, and are thread-safe. Errors of all of them:
/// `unavailable` where the store cannot be reached or is damaged, with a message that names it.
class FlagStore {
 public:
  virtual ~FlagStore() = default;

  /// What people call it, such as `sqlite:/var/lib/sotto/flags.db`.
  virtual std::string name() const = 0;

  /// The current version; nothing where there is none, or no store yet. Creates nothing.
  virtual Result<std::optional<FlagRevision>> read(const std::string& flag) = 0;

  /// Writes a new version if the current one is still `expected` (0: there is none), and returns
  /// it. Atomic: a reader sees the old version or the new one, also if this process dies. Errors:
  /// `conflict`, which names the author of the current version; `permission_denied` where nothing
  /// can be written.
  virtual Result<FlagRevision> write(const std::string& flag, std::uint64_t expected,
                                     const FlagChange& change) = 0;

  /// The latest versions, newest first, `limit` at the most. At least 100 are kept.
  virtual Result<std::vector<FlagRevision>> history(const std::string& flag, std::size_t limit) = 0;

  /// Calls `on_change`, from a thread of its own, soon after anybody changed the flag or its
  /// readers' states (and sometimes when nobody has). Null if the store cannot notify: then poll.
  virtual Result<std::unique_ptr<FlagWatch>> watch(const std::string& flag,
                                                   std::function<void()> on_change) = 0;

  /// Registers a reader of the flag, under a name that no other process has. Null if the store has
  /// no list of readers.
  virtual Result<std::unique_ptr<FlagReaderSeat>> join(const std::string& flag,
                                                       const std::string& process) = 0;

  /// The readers that are alive, by name; of stores whose seats are leases also those that are
  /// gone, for some time.
  virtual Result<std::vector<FlagReaderState>> readers(const std::string& flag) = 0;

  /// How it is followed. Does not block.
  virtual FlagFollowing following() const { return {}; }
};

}  // namespace sotto::ports

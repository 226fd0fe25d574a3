#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/segment.hpp"
#include "base/utc_time.hpp"

namespace sotto::ports {

/// A session as it outlives its process.
struct StoredSession {
  SessionId id;
  Language language;         ///< spoken
  std::string token_digest;  ///< SHA-256 of the speaker's token, in hexadecimal; never the token
  UtcTime created_at{};
  std::optional<UtcTime> ended_at;
  // The decision that was made when it was created, see rollout::Decision.
  bool canary = false;           ///< its arm, for good: it was given partial results
  bool partial_results = false;  ///< whether it has them still
  std::string reason;
  int bucket = 0;
  int rollout_percentage = 0;
  std::uint64_t flag_version = 0;
  double min_stability_threshold = 0;
  milliseconds max_buffer_timeout{0};
  friend bool operator==(const StoredSession&, const StoredSession&) = default;
};

/// A settled segment of a session in one language, in its latest revision.
struct StoredCaption {
  Segment segment;  ///< empty text: it was removed; nothing of it is provisional
  Language language;
  friend bool operator==(const StoredCaption&, const StoredCaption&) = default;
};

/// What a listener thinks of a session.
struct StoredFeedback {
  std::string listener;  ///< a random name that the listener's page made up
  std::string rating;    ///< "up", "neutral" or "down"
  Language language;
  UtcTime at{};
};

/// Sessions, their transcripts and what listeners thought of them, on a disk. Thread-safe. What was
/// acknowledged outlives a process that is killed; after a power failure the last seconds may be
/// missing. Errors of all methods: `unavailable` (or `permission_denied`) with a message that names
/// the store; `not_found` where something is added to a session that is not known. From a `done`
/// only append(), end() and the reads may be called.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// Keeps a new session. Blocks, shortly. Errors: `already_exists` where the id was used and is
  /// not forgotten.
  virtual Result<> begin(const StoredSession& session) = 0;

  /// Changes what is kept of a session's decision: a kill turned it off. Blocks, shortly.
  virtual Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                          std::uint64_t flag_version) = 0;

  /// Marks a session as ended; twice is once. Returns at once; what was appended before is kept
  /// first.
  virtual void end(const SessionId& id, UtcTime at) = 0;

  /// Keeps a caption in place of what was kept for its segment and language, unless that has a
  /// higher `seq`. Returns at once and calls `done` once, from any thread, in the order of the
  /// calls, when the caption is kept (or could not be). Many that wait are kept together; past a
  /// bound of them `done` gets `resource_exhausted` at once.
  virtual void append(const SessionId& id, StoredCaption caption,
                      std::function<void(Result<>)> done) = 0;

  /// One session, if it is known. Blocks, shortly.
  virtual Result<std::optional<StoredSession>> find(const SessionId& id) = 0;

  /// The sessions that have not ended, oldest first.
  virtual Result<std::vector<StoredSession>> open_sessions() = 0;

  /// A session's captions in one language, in the order of the talk, removed ones (empty text)
  /// included.
  virtual Result<std::vector<StoredCaption>> captions(const SessionId& id,
                                                      const Language& language) = 0;

  /// Keeps a listener's feedback in place of its earlier one. True: there was an earlier one.
  /// Errors: `resource_exhausted` where the session has max_feedback already.
  virtual Result<bool> feedback(const SessionId& id, const StoredFeedback& feedback) = 0;

  /// Forgets a session that has ended, with all that belongs to it, so that its id may begin anew.
  /// True: there was one; false: it is not known, or has not ended. Blocks, shortly.
  virtual Result<bool> forget(const SessionId& id) = 0;

  /// Forgets sessions that ended before `before`, with all that belongs to them.
  virtual Result<> prune(UtcTime before) = 0;

  static constexpr std::size_t max_feedback = 10'000;  ///< of one session
};

}  // namespace sotto::ports

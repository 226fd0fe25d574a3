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

/// A session as it is stored; it outlives its process.
struct StoredSession {
  SessionId id;
  Language language;         ///< spoken
  std::string token_digest;  ///< SHA-256 of the speaker's token, in hexadecimal; never the token
  UtcTime created_at{};
  std::optional<UtcTime> ended_at;
  // The decision that was made when it was created, see rollout::Evaluation.
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

/// A settled caption of a session in one language, in its latest revision.
struct StoredCaption {
  Segment segment;  ///< empty text: it was removed; nothing of it is provisional
  Language language;
  friend bool operator==(const StoredCaption&, const StoredCaption&) = default;
};

/// A listener's feedback on a session.
struct StoredFeedback {
  std::string listener;  ///< its id, see docs/live.md
  std::string rating;    ///< "up", "neutral" or "down"
  Language language;
  UtcTime at{};
};

/// Stores sessions, their transcripts and listeners' feedback. Thread-safe. What was acknowledged
/// survives a killed process, and a power failure where the store says so. Errors of all
/// methods: `unavailable` (or `permission_denied`) with a message that names the store; `not_found`
/// when something is added to an unknown session. A `done` may call only append(), end() and the
/// reads.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// Stores a new session. Blocks for a short time. Errors: `already_exists` if there is a session
  /// with this id.
  virtual Result<> begin(const StoredSession& session) = 0;

  /// Updates the stored decision of a session, after the kill switch turned it off. Blocks for a
  /// short time.
  virtual Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                          std::uint64_t flag_version) = 0;

  /// Marks a session as ended; idempotent. Returns at once; captions that were appended before are
  /// stored first.
  virtual void end(const SessionId& id, UtcTime at) = 0;

  /// Stores a caption in place of the one for its segment and language, unless that has the same
  /// `seq`, since what was shown first stays, or a higher one. Returns at once. Calls `done` once, from any thread, in the order of the calls, when
  /// the caption is stored or has failed. Waiting captions are stored together; when too many wait,
  /// `done` gets `resource_exhausted` at once.
  virtual void append(const SessionId& id, StoredCaption caption,
                      std::function<void(Result<>)> done) = 0;

  /// One session, if it is known. Blocks for a short time.
  virtual Result<std::optional<StoredSession>> find(const SessionId& id) = 0;

  /// The sessions that have not ended, oldest first.
  virtual Result<std::vector<StoredSession>> open_sessions() = 0;

  /// A session's captions in one language, in the order of the session, removed ones (empty text)
  /// included.
  virtual Result<std::vector<StoredCaption>> captions(const SessionId& id,
                                                      const Language& language) = 0;

  /// Stores a listener's feedback in place of an earlier one. True: there was an earlier one.
  /// Errors: `resource_exhausted` if the session already has max_feedback.
  virtual Result<bool> feedback(const SessionId& id, const StoredFeedback& feedback) = 0;

  /// Deletes a session that has ended, with all its data, so that its id can be used again. False:
  /// it is unknown, or has not ended. Blocks for a short time.
  virtual Result<bool> forget(const SessionId& id) = 0;

  /// Deletes sessions that ended before `before`, with all their data.
  virtual Result<> prune(UtcTime before) = 0;

  static constexpr std::size_t max_feedback = 10'000;  ///< of one session
};

}  // namespace sotto::ports

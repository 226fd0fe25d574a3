#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "pipeline/captions/listener_id.hpp"

namespace sotto::pipeline {

/// What a listener thinks of the captions.
enum class Rating : std::uint8_t { up, neutral, down };

/// How many listeners think so, each once.
struct Votes {
  std::uint64_t up = 0, neutral = 0, down = 0;
  friend bool operator==(const Votes&, const Votes&) = default;
};

/// Who listened to one session, what they think of it, and who left it early. Remembers at most
/// `most` listeners; those who come after are not counted, and have no vote. Thread-safe.
class Attendance {
 public:
  /// Votes are taken for so long after the session's end, and count of those who listened for
  /// `voters_listened`.
  Attendance(std::size_t most, milliseconds votes_after_end,
             milliseconds voters_listened = default_voters_listened)
      : most_(most), votes_after_end_(votes_after_end), voters_listened_(voters_listened) {}

  /// The first audio arrived.
  void talk_began(SessionTime now);

  /// A connection of a listener opens, and closes. A listener may have several at a time, such as
  /// for captions and for speech. False: it is not counted, since there are `most` others already
  /// or the session has ended.
  bool join(const ListenerId& id, SessionTime now);
  void leave(const ListenerId& id, SessionTime now);

  /// Different listeners.
  std::size_t listeners() const;

  /// Of them, those who were connected for at least `listened` since the talk began and closed
  /// their last connection more than `early` before `talk_ended`, when the last audio was captured.
  /// A session that waits for a speaker who is gone thus has no more of them, and whoever comes
  /// late and stays has not left.
  std::size_t left_early(SessionTime talk_ended) const;

  /// A listener's vote, in place of its last one.
  struct Vote {
    bool first = false;      ///< that counts: it had none, and has listened for long enough
    bool after_end = false;  ///< of the session
  };
  /// Errors: `permission_denied`, for an id that was never connected or when it is too late.
  Result<Vote> rate(const ListenerId& id, Rating rating, SessionTime now);

  /// The votes that count at `now`: of those who were connected for `voters_listened` since the
  /// talk began, and for a tenth of the talk. Whoever opens many connections, one after the other,
  /// thus has no more than ten votes for each that is open at a time.
  Votes votes(SessionTime now) const;

  /// The session has ended: those who come now are not counted.
  void session_ended(SessionTime now);

  static constexpr std::chrono::seconds listened{30};
  static constexpr std::chrono::minutes early{2};
  static constexpr milliseconds default_voters_listened{10'000};
  static constexpr int talk_per_vote = 10;  ///< a vote takes this part of the talk

 private:
  struct Listener {
    std::size_t connections = 0;
    SessionTime since{};    ///< when the first of these opened; without any: the last one closed
    milliseconds spent{0};  ///< connected in the talk, until then
    std::optional<Rating> rating;
    bool counted = false;  ///< a vote of it was the first that counts
  };
  struct Hash {
    std::size_t operator()(const ListenerId& id) const { return id.high ^ id.low; }
  };

  milliseconds heard_of_talk(const Listener& listener, SessionTime now) const;
  bool may_vote(const Listener& listener, SessionTime now) const;

  // constant after construction
  const std::size_t most_;
  const milliseconds votes_after_end_, voters_listened_;

  // guarded by the mutex
  mutable std::mutex mutex_;
  std::optional<SessionTime> began_, ended_;
  std::unordered_map<ListenerId, Listener, Hash> listeners_;
};

}  // namespace sotto::pipeline

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>

#include "base/session_time.hpp"
#include "pipeline/captions/listener_id.hpp"

namespace sotto::pipeline {

/// Who listened to one session, and who left it early. Remembers at most `most` listeners; those
/// who come after are not counted. Not thread-safe, lives on the session's strand.
class Attendance {
 public:
  explicit Attendance(std::size_t most) : most_(most) {}

  /// The first audio arrived.
  void talk_began(SessionTime now);

  /// A connection of a listener opens, and closes. A listener may have several at a time, such as
  /// for captions and for speech. False: there are `most` others already.
  bool join(const ListenerId& id, SessionTime now);
  void leave(const ListenerId& id, SessionTime now);

  /// Different listeners.
  std::size_t listeners() const { return listeners_.size(); }

  /// Of them, those who were connected for at least `listened` since the talk began and closed
  /// their last connection more than `early` before `talk_ended`, when the last audio was captured.
  /// A session that waits for a speaker who is gone thus has no more of them, and whoever comes
  /// late and stays has not left.
  std::size_t left_early(SessionTime talk_ended) const;

  static constexpr std::chrono::seconds listened{30};
  static constexpr std::chrono::minutes early{2};

 private:
  struct Listener {
    std::size_t connections = 0;
    SessionTime since{};    ///< when the first of these opened; without any: the last one closed
    milliseconds spent{0};  ///< connected in the talk, until then
  };
  struct Hash {
    std::size_t operator()(const ListenerId& id) const { return id.high ^ id.low; }
  };

  const std::size_t most_;
  std::optional<SessionTime> began_;
  std::unordered_map<ListenerId, Listener, Hash> listeners_;
};

}  // namespace sotto::pipeline

#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pipeline/session.hpp"
#include "rollout/decision.hpp"
#include "server/tokens.hpp"

namespace sotto::server {

/// A session with what only the server knows of it.
struct HostedSession {
  std::shared_ptr<pipeline::Session> session;
  std::string speaker_token;
  rollout::Decision decision;
  /// Whether a speaker is connected: one at a time.
  std::shared_ptr<std::atomic<bool>> speaker_here = std::make_shared<std::atomic<bool>>(false);
};

/// What every new session gets.
struct RegistryConfig {
  engine::Settings engine;                    ///< its mode is decided for each session
  std::size_t max_sessions = 100;             ///< waiting or live at once
  std::size_t max_listeners = 500;            ///< of one session
  std::chrono::seconds abandoned_after{600};  ///< a session that gets no audio for so long is ended
  std::size_t max_ended = 200;                ///< ended sessions kept for those who look back
};

/// The sessions of this server. Thread-safe.
class SessionRegistry {
 public:
  using Clock = std::chrono::steady_clock;

  SessionRegistry(RegistryConfig config, pipeline::SessionParts parts, RandomBelow random);

  /// Begins a session. Errors: those of pipeline::Session::start(), and `resource_exhausted` past
  /// max_sessions.
  Result<HostedSession> create(const Language& language, rollout::Decision decision,
                               Clock::time_point now);

  /// The session, or `not_found`.
  Result<HostedSession> find(const std::string& id) const;

  /// Notes that audio came, so that sweep() leaves the session alone.
  void heard(const SessionId& id, Clock::time_point now);

  /// Ends what was abandoned and forgets the oldest of what has ended.
  void sweep(Clock::time_point now);

  /// Ends every session.
  void finish_all();

  /// Whether no session is waiting or live.
  bool all_ended() const;

 private:
  struct Entry {
    HostedSession hosted;
    Clock::time_point last_audio;
  };

  const RegistryConfig config_;
  const pipeline::SessionParts parts_;
  const RandomBelow random_;

  mutable std::mutex mutex_;
  std::map<std::string, Entry> sessions_;
};

}  // namespace sotto::server

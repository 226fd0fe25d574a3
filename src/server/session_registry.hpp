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
#include "rollout/evaluation.hpp"
#include "server/tokens.hpp"

namespace sotto::server {

/// A session with what only the server knows of it.
struct HostedSession {
  std::shared_ptr<pipeline::Session> session;
  std::string speaker_token;
  rollout::Decision decision;  ///< made at its creation; a kill turns it off
  /// Whether a speaker is connected: one at a time.
  std::shared_ptr<std::atomic<bool>> speaker_here = std::make_shared<std::atomic<bool>>(false);
};

/// What every new session gets.
struct RegistryConfig {
  /// The mode, the stability threshold and the buffer timeout are decided for each session.
  engine::Settings engine;
  std::size_t max_sessions = 100;             ///< waiting or live at once
  std::size_t max_listeners = 500;            ///< of one session
  std::chrono::seconds abandoned_after{600};  ///< a session that gets no audio for so long is ended
  std::size_t max_ended = 200;                ///< ended sessions kept for those who look back
  /// Who is told of what passes through a session; nobody by default.
  std::function<pipeline::SessionObserver(const SessionId&, const rollout::Decision&)> observer;
};

/// What is asked for when a session is begun.
struct SessionRequest {
  Language language{"en"};
  std::string id;  ///< empty: a new one is made up
};

/// The sessions of this server. Thread-safe.
class SessionRegistry {
 public:
  using Clock = std::chrono::steady_clock;

  SessionRegistry(RegistryConfig config, pipeline::SessionParts parts, RandomBelow random);

  using Decide = std::function<rollout::Decision(const std::string& session_id)>;

  /// Begins a session with what `decide` says of its id. Of a flag that changes meanwhile, either
  /// the decision knows or apply() finds the session. Errors: those of pipeline::Session::start(),
  /// `already_exists` for an id whose session has not ended, and `resource_exhausted` past
  /// max_sessions.
  Result<HostedSession> create(const SessionRequest& request, const Decide& decide,
                               Clock::time_point now);

  /// Moves the live sessions that the flag kills to finals only, each where its engine is in its
  /// text, for good. `done` is called with how many there were once each acts by it, from any
  /// thread.
  void apply(const rollout::InForce& in_force, UtcTime now, std::function<void(std::size_t)> done);

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

  Result<> make_room(const SessionRequest& request);

  const RegistryConfig config_;
  const pipeline::SessionParts parts_;
  const RandomBelow random_;

  mutable std::mutex mutex_;
  std::map<std::string, Entry> sessions_;
};

}  // namespace sotto::server

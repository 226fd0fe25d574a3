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

/// Where a session's speaker connects, again after a loss. Thread-safe.
struct SpeakerSeat {
  std::atomic<bool> taken{false};  ///< one at a time
  /// Samples at 16 kHz, of all connections in this process together.
  std::atomic<std::uint64_t> received{0}, dropped{0};
};

/// A session with what only the server knows of it.
struct HostedSession {
  std::shared_ptr<pipeline::Session> session;
  std::string token_digest;    ///< of the speaker's token; empty: nobody can speak in it
  rollout::Decision decision;  ///< made at its creation; a kill turns it off
  bool canary = false;         ///< its arm, which stays: whether it was given partial results
  UtcTime created_at{};
  std::shared_ptr<SpeakerSeat> seat = std::make_shared<SpeakerSeat>();
};

/// What every new session gets.
struct RegistryConfig {
  /// The mode, the stability threshold and the buffer timeout are decided for each session.
  engine::Settings engine;
  std::size_t max_sessions = 100;             ///< waiting or live at once
  std::size_t max_listeners = 500;            ///< of one session
  std::chrono::seconds abandoned_after{600};  ///< a session that gets no audio for so long is ended
  std::size_t max_ended = 200;                ///< ended sessions kept for those who look back
  /// Who is told of what passes through a session; nobody by default. Its arm is that of its first
  /// decision, whatever a kill in an earlier process made of it.
  std::function<pipeline::SessionObservers(const SessionId&, const rollout::Decision&)> observers;
  std::function<UtcTime()> now;
};

/// What is asked for when a session is begun.
struct SessionRequest {
  Language language{"en"};
  std::string id = {};      ///< empty: a new one is made up
  bool unattended = false;  ///< plays a recording: nobody gets a token for it
};

/// A new session, and its speaker's token, which nobody is told again.
struct CreatedSession {
  HostedSession hosted;
  std::string speaker_token;
};

/// What a language that can be spoken can be followed in.
struct OfferedLanguage {
  Language language;
  std::vector<Language> targets;  ///< sorted
  std::vector<Language> speech;   ///< that can be heard, sorted
};

/// The sessions of this server, those of an earlier process included where it was given a store.
/// Thread-safe. What waits for the store is said.
class SessionRegistry {
 public:
  using Clock = std::chrono::steady_clock;

  SessionRegistry(RegistryConfig config, pipeline::SessionParts parts, RandomBelow random);

  using Decide = std::function<rollout::Decision(const std::string& session_id)>;

  /// Begins a session with what `decide` says of its id. Of a flag that changes meanwhile, either
  /// the decision knows or apply() finds the session. Waits for the store. Errors: those of
  /// pipeline::Session::start() and of the store, `already_exists` for an id whose session has not
  /// ended (one that has is forgotten), and `resource_exhausted` past max_sessions.
  Result<CreatedSession> create(const SessionRequest& request, const Decide& decide,
                                Clock::time_point now);

  /// Goes on with the sessions that had not ended when an earlier process did, each where its last
  /// settled caption left it; ends those that nobody can speak in. Waits for the store. Returns how
  /// many go on. Errors: the store's.
  Result<std::size_t> restore(Clock::time_point now);

  /// Moves the live sessions that the flag kills to finals only, each where its engine is in its
  /// text, for good. `done` is called with how many there were once each acts by it, from any
  /// thread.
  void apply(const rollout::InForce& in_force, UtcTime now, std::function<void(std::size_t)> done);

  /// The session, or `not_found`.
  Result<HostedSession> find(const std::string& id) const;

  /// The sessions that have not ended, oldest first.
  std::vector<HostedSession> open() const;

  /// What is kept of a session, of an earlier process perhaps, or `not_found`. Waits for the store.
  Result<ports::StoredSession> stored(const std::string& id) const;

  /// The languages that can be spoken, in order.
  std::vector<OfferedLanguage> offered() const;

  const pipeline::SessionParts& parts() const { return parts_; }

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
  Result<CreatedSession> begin(const SessionRequest& request, const Decide& decide,
                               Clock::time_point now);
  Result<HostedSession> start(const pipeline::SessionConfig& config,
                              const rollout::Decision& decision);
  Result<> keep(const HostedSession& hosted);
  Result<bool> resume(const ports::StoredSession& stored, Clock::time_point now);
  void forget(const std::string& id);
  engine::Settings settings_for(const rollout::Decision& decision) const;
  void keep_kills(const std::vector<std::shared_ptr<pipeline::Session>>& killed);

  const RegistryConfig config_;
  const pipeline::SessionParts parts_;
  const RandomBelow random_;

  mutable std::mutex mutex_;
  std::map<std::string, Entry> sessions_;
};

}  // namespace sotto::server

#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/tokens.hpp"
#include "base/result.hpp"
#include "pipeline/session/session.hpp"
#include "rollout/evaluation.hpp"
#include "rollout_controller/present_state.hpp"
#include "server/sessions/recogniser_shares.hpp"
#include "server/sessions/session_room.hpp"
#include "server/sessions/speaker_seat.hpp"

namespace sotto::server {

/// A session, with the data that only the server has.
struct HostedSession {
  std::shared_ptr<pipeline::Session> session;
  std::string token_digest;      ///< of the speaker's token; empty: the session has no speaker
  rollout::Evaluation given;     ///< the decision at its creation
  rollout::Evaluation decision;  ///< the same, until the kill switch turns it off
  bool canary = false;           ///< its arm, which never changes
  UtcTime created_at{};
  std::shared_ptr<SpeakerSeat> seat = std::make_shared<SpeakerSeat>();
};

/// The session as explain shows it.
rollout_controller::SessionSeen session_seen(const HostedSession& hosted);

/// Settings for all new sessions.
struct RegistryConfig {
  /// The mode, the stability threshold and the buffer timeout are decided for each session.
  engine::Settings engine;
  std::size_t max_sessions = 100;  ///< waiting or live at once
  /// How recognisers are shared; none: each session has one of its own from its start.
  std::optional<SharesConfig> shares = {};
  std::size_t max_listeners = 500;            ///< of one session
  std::chrono::seconds abandoned_after{600};  ///< a session without audio for this long is ended
  /// A live session without audio for this long waits for its speaker. With the sweeps' period that
  /// is to be less than 5 s.
  milliseconds away_after{2500};
  milliseconds votes_after_end{std::chrono::minutes{3}};  ///< a listener may rate it for so long
  milliseconds voters_listened = pipeline::Attendance::default_voters_listened;
  std::size_t max_ended = 200;  ///< ended sessions that are kept in memory
  /// Makes a session's observers; none by default. The arm is that of the session's first decision,
  /// even if it was killed in an earlier process.
  std::function<pipeline::SessionObservers(const SessionId&, const rollout::Evaluation&)> observers;
  std::function<UtcTime()> now;
};

/// A request to start a session.
struct SessionRequest {
  Language language{"en"};
  std::string id = {};      ///< empty: a new one is generated
  bool unattended = false;  ///< plays a recording: it has no speaker's token
  std::string client = {};  ///< the address that asks
  bool trusted = false;     ///< the operator's, or of somebody with the host code
};

/// A new session and its speaker's token, which cannot be read again later.
struct CreatedSession {
  HostedSession hosted;
  std::string speaker_token;
};

/// A spoken language, and the languages that it can be followed in.
struct OfferedLanguage {
  Language language;
  std::vector<Language> targets;  ///< sorted
  std::vector<Language> speech;   ///< with a voice, sorted
  /// Who translates from it, sorted by target; of one target in the order in which they are asked.
  std::vector<ports::TranslationOffer> translations = {};
};

/// The sessions of this server, including those of an earlier process if there is a store.
/// Thread-safe. Methods that wait for the store say so.
class SessionRegistry {
 public:
  using Clock = std::chrono::steady_clock;

  SessionRegistry(RegistryConfig config, pipeline::SessionParts parts, access::RandomBelow random);

  using Decide = std::function<rollout::Evaluation(const std::string& session_id)>;

  /// Starts a session with the decision of `decide` for its id. If the flag changes meanwhile,
  /// either the decision uses the new flag or apply() finds the session. Waits for the store.
  /// Errors: those of pipeline::Session::start() and of the store, `already_exists` for an id whose
  /// session has not ended (one that has is forgotten), and `resource_exhausted` past max_sessions
  /// where no other session gives way, as who_gives_room() says.
  Result<CreatedSession> create(const SessionRequest& request, const Decide& decide,
                                Clock::time_point now);

  /// Continues the sessions that had not ended when an earlier process did, each after its last
  /// settled caption; ends those without a speaker. Those that cannot begin now, such as for want
  /// of a recogniser, stay in the store as they are, for resume_waiting(). Waits for the store.
  /// Returns how many continue. Errors: the store's.
  Result<std::size_t> restore(Clock::time_point now);

  /// Continues those that could not before, oldest first, up to the first that still cannot. Waits
  /// for the store where there are any. Returns how many continue.
  std::size_t resume_waiting(Clock::time_point now);
  /// How many could not.
  std::size_t to_resume() const;

  /// Switches the live sessions that the flag turns off to final results only, each at its engine's
  /// current place, for the rest of their life. `done` is called, from any thread, with their
  /// number when all of them have switched.
  void apply(const rollout::InForce& in_force, UtcTime now, std::function<void(std::size_t)> done);

  /// The session, or `not_found`.
  Result<HostedSession> find(const std::string& id) const;

  /// The sessions that have not ended, oldest first.
  std::vector<HostedSession> open() const;

  /// A session's stored data, also from an earlier process, or `not_found`. Waits for the store.
  Result<ports::StoredSession> stored(const std::string& id) const;

  /// The languages that can be spoken, in order.
  std::vector<OfferedLanguage> offered() const;

  const pipeline::SessionParts& parts() const { return parts_; }

  /// An id for somebody who begins to listen.
  pipeline::ListenerId new_listener() const;

  /// Notes that audio came, so that sweep() leaves the session alone.
  void heard(const SessionId& id, Clock::time_point now);

  /// Ends abandoned sessions, says of others that their speaker is away, and removes the oldest
  /// ended ones from memory.
  void sweep(Clock::time_point now);

  /// Ends every session.
  void finish_all();

  /// The recognisers in use; none where they are not shared.
  std::optional<RecogniserShares::Use> recognisers() const {
    return shares_ ? std::optional(shares_->use()) : std::nullopt;
  }

  /// Whether a new session would find room.
  bool has_room() const;

  /// Whether no session is waiting or live.
  bool all_ended() const;

 private:
  struct Entry {
    HostedSession hosted;
    Clock::time_point last_audio;
    Claimant starter = {};
    bool dropped = false;  ///< it is ending, and counts no more
  };

  Result<> make_room(const SessionRequest& request);
  std::vector<SessionPlace> places() const;
  bool speaker_away(const HostedSession& hosted, Clock::time_point now) const;
  Result<CreatedSession> begin(const SessionRequest& request, const Decide& decide,
                               Clock::time_point now);
  Result<HostedSession> start(const pipeline::SessionConfig& config,
                              const rollout::Evaluation& decision, const Claimant& starter);
  Result<> keep(const HostedSession& hosted);
  Result<bool> resume(const ports::StoredSession& stored, Clock::time_point now);
  void forget(const std::string& id);
  engine::Settings settings_for(const rollout::Evaluation& decision) const;
  void keep_kills(const std::vector<std::shared_ptr<pipeline::Session>>& killed);

  const RegistryConfig config_;
  const pipeline::SessionParts parts_;
  const access::RandomBelow random_;
  const std::unique_ptr<RecogniserShares> shares_;  ///< null: they are not shared

  mutable std::mutex mutex_;
  std::map<std::string, Entry> sessions_;
  std::vector<ports::StoredSession> to_resume_;  ///< could not go on yet, oldest first
};

}  // namespace sotto::server

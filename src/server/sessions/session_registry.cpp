#include "server/sessions/session_registry.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/sample_clock.hpp"

namespace sotto::server {

namespace {

// Closes a session's entry in the store when it ends.
class StoredEnd : public pipeline::SessionObserver {
 public:
  StoredEnd(ports::SessionStore* store, SessionId id, std::function<UtcTime()> now)
      : store_(store), id_(std::move(id)), now_(std::move(now)) {}

  void on_ended(const pipeline::SessionFigures&, const Result<>&, milliseconds,
                SessionTime) override {
    store_->end(id_, now_());
  }

 private:
  ports::SessionStore* store_;
  const SessionId id_;
  const std::function<UtcTime()> now_;
};

bool ended(const HostedSession& hosted) {
  return hosted.session->state() == pipeline::SessionState::ended;
}

}  // namespace

rollout_controller::SessionSeen session_seen(const HostedSession& hosted) {
  rollout_controller::SessionSeen seen;
  seen.state = pipeline::to_string(hosted.session->state());
  seen.created_at = hosted.created_at;
  seen.given = hosted.given;
  seen.decided = hosted.decision;
  return seen;
}

SessionRegistry::SessionRegistry(RegistryConfig config, pipeline::SessionParts parts,
                                 access::RandomBelow random)
    : config_(std::move(config)),
      parts_(std::move(parts)),
      random_(std::move(random)),
      shares_(config_.shares
                  ? std::make_unique<RecogniserShares>(*config_.shares, parts_.recogniser)
                  : nullptr) {}

Result<HostedSession> SessionRegistry::start(const pipeline::SessionConfig& config,
                                             const rollout::Evaluation& decision,
                                             const Claimant& starter) {
  pipeline::SessionObservers observers;
  if (config_.observers) observers = config_.observers(config.id, decision);
  if (parts_.store)
    observers.push_back(std::make_shared<StoredEnd>(parts_.store, config.id, config_.now));
  pipeline::SessionParts parts = parts_;
  if (shares_)
    parts.open_stream = [this, starter](const Language& language, ports::RecogniserSink sink) {
      return shares_->open(starter, language, std::move(sink));
    };
  auto started = pipeline::Session::start(config, std::move(parts), std::move(observers));
  if (!started) return tl::unexpected(started.error());
  HostedSession hosted;
  hosted.session = std::move(*started);
  hosted.given = hosted.decision = decision;
  hosted.canary = decision.canary;
  hosted.created_at = config_.now();
  return hosted;
}

Result<CreatedSession> SessionRegistry::begin(const SessionRequest& request, const Decide& decide,
                                              Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (auto room = make_room(request); !room) return tl::unexpected(room.error());
  pipeline::SessionConfig config;
  config.id = SessionId{request.id};
  while (config.id.empty() || (request.id.empty() && sessions_.contains(config.id.str())))
    config.id = access::make_session_id(random_);
  const rollout::Evaluation decision = decide(config.id.str());
  config.language = request.language;
  config.max_listeners = config_.max_listeners;
  config.votes_after_end = config_.votes_after_end;
  config.voters_listened = config_.voters_listened;
  config.engine = settings_for(decision);
  const Claimant starter{request.client, request.trusted, request.unattended};
  auto hosted = start(config, decision, starter);
  if (!hosted) return tl::unexpected(hosted.error());
  CreatedSession created;
  created.speaker_token = access::make_token(random_);
  if (!request.unattended) hosted->token_digest = access::token_digest(created.speaker_token);
  created.hosted = *hosted;
  sessions_[config.id.str()] = {*hosted, now, starter};
  return created;
}

Result<> SessionRegistry::keep(const HostedSession& hosted) {
  if (!parts_.store) return {};
  const pipeline::SessionConfig& config = hosted.session->config();
  ports::StoredSession stored;
  stored.id = config.id;
  stored.language = config.language;
  stored.token_digest = hosted.token_digest;
  stored.created_at = hosted.created_at;
  stored.canary = hosted.canary;
  stored.partial_results = hosted.decision.enabled;
  stored.reason = rollout::to_string(hosted.decision.reason);
  stored.bucket = hosted.decision.bucket;
  stored.rollout_percentage = hosted.decision.rollout_percentage;
  stored.flag_version = hosted.decision.version;
  stored.min_stability_threshold = hosted.decision.min_stability_threshold;
  stored.max_buffer_timeout = hosted.decision.max_buffer_timeout;
  return parts_.store->begin(stored);
}

void SessionRegistry::forget(const std::string& id) {
  std::shared_ptr<pipeline::Session> released;  // destroyed after the lock is
  const std::lock_guard lock(mutex_);
  const auto known = sessions_.find(id);
  if (known == sessions_.end()) return;
  released = std::move(known->second.hosted.session);
  sessions_.erase(known);
}

// The store knows which ids were used: a made-up one that was is replaced by another. Whoever
// chooses an id means that one, in place of its last session.
Result<CreatedSession> SessionRegistry::create(const SessionRequest& request, const Decide& decide,
                                               Clock::time_point now) {
  constexpr int most_tries = 8;
  for (int tries = 1;; ++tries) {
    if (parts_.store && !request.id.empty())
      if (const auto forgotten = parts_.store->forget(SessionId{request.id}); !forgotten)
        return tl::unexpected(forgotten.error());
    auto created = begin(request, decide, now);
    if (!created) return created;
    const auto kept = keep(created->hosted);
    if (kept) return created;
    forget(created->hosted.session->config().id.str());
    const bool taken = kept.error().code == ErrorCode::already_exists;
    if (!taken || tries == most_tries) return tl::unexpected(kept.error());
  }
}

Result<std::size_t> SessionRegistry::restore(Clock::time_point now) {
  if (!parts_.store) return 0;
  const auto open = parts_.store->open_sessions();
  if (!open) return tl::unexpected(open.error());
  std::size_t restored = 0;
  for (const ports::StoredSession& stored : *open) {
    const auto resumed = resume(stored, now);
    if (!resumed) {
      const std::lock_guard lock(mutex_);
      to_resume_.push_back(stored);
    } else if (*resumed) {
      ++restored;
    } else {
      parts_.store->end(stored.id, config_.now());
    }
  }
  return restored;
}

std::size_t SessionRegistry::resume_waiting(Clock::time_point now) {
  for (std::size_t resumed = 0;; ++resumed) {
    std::optional<ports::StoredSession> next;
    {
      const std::lock_guard lock(mutex_);
      if (!to_resume_.empty()) next = to_resume_.front();
    }
    if (!next || !resume(*next, now)) return resumed;
    const std::lock_guard lock(mutex_);
    to_resume_.erase(to_resume_.begin());
  }
}

std::size_t SessionRegistry::to_resume() const {
  const std::lock_guard lock(mutex_);
  return to_resume_.size();
}

// False: it was nobody's, and is over. An error: not now.
Result<bool> SessionRegistry::resume(const ports::StoredSession& stored, Clock::time_point now) {
  if (stored.token_digest.empty()) return false;
  const auto captions = parts_.store->captions(stored.id, stored.language);
  if (!captions) return tl::unexpected(captions.error());
  // Nobody spoke in it: no restart makes it younger.
  if (captions->empty() && config_.now() - stored.created_at >= config_.abandoned_after)
    return false;
  const auto seen = rollout_controller::session_seen(stored);
  const rollout::Evaluation& decision = seen.decided;
  pipeline::SessionConfig config;
  config.id = stored.id;
  config.language = stored.language;
  config.max_listeners = config_.max_listeners;
  config.votes_after_end = config_.votes_after_end;
  config.voters_listened = config_.voters_listened;
  config.engine = settings_for(decision);
  for (const ports::StoredCaption& caption : *captions) config.settled.push_back(caption.segment);
  config.age = config_.now() - stored.created_at;
  const Claimant starter{.trusted = !config.settled.empty()};
  auto hosted = start(config, decision, starter);
  if (!hosted) return tl::unexpected(hosted.error());
  hosted->token_digest = stored.token_digest;
  hosted->seat->received = samples_in(hosted->session->status().settled);
  hosted->created_at = stored.created_at;
  hosted->given = seen.given;
  const std::lock_guard lock(mutex_);
  sessions_[stored.id.str()] = {*hosted, now, starter};
  return true;
}

engine::Settings SessionRegistry::settings_for(const rollout::Evaluation& decision) const {
  engine::Settings settings = config_.engine;
  settings.mode = decision.enabled ? engine::Mode::partial : engine::Mode::final_only;
  settings.min_stability_threshold = decision.min_stability_threshold;
  settings.max_buffer_timeout = decision.max_buffer_timeout;
  return settings;
}

void SessionRegistry::apply(const rollout::InForce& in_force, UtcTime now,
                            std::function<void(std::size_t)> done) {
  std::vector<HostedSession> leaving;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, entry] : sessions_) {
      if (!entry.hosted.decision.enabled || ended(entry.hosted)) continue;
      const auto reason = rollout::killed(in_force, id, now);
      if (!reason) continue;
      entry.hosted.decision.enabled = false;
      entry.hosted.decision.reason = *reason;
      entry.hosted.decision.version = in_force.version;
      leaving.push_back(entry.hosted);
    }
  }
  // The newest first: those that go on longest have most to lose.
  std::stable_sort(
      leaving.begin(), leaving.end(),
      [](const HostedSession& a, const HostedSession& b) { return a.created_at > b.created_at; });
  std::vector<std::shared_ptr<pipeline::Session>> killed;
  for (const HostedSession& hosted : leaving) killed.push_back(hosted.session);
  if (killed.empty()) return done(0);
  const auto left = std::make_shared<std::atomic<std::size_t>>(killed.size());
  const auto one_less = [left, count = killed.size(), done = std::move(done)] {
    if (left->fetch_sub(1) == 1) done(count);
  };
  for (const auto& session : killed) session->set_mode(engine::Mode::final_only, one_less);
  keep_kills(killed);
}

// A killed session does not come back on, not in a later process either.
void SessionRegistry::keep_kills(const std::vector<std::shared_ptr<pipeline::Session>>& killed) {
  if (!parts_.store) return;
  for (const auto& session : killed) {
    const auto hosted = find(session->config().id.str());
    if (hosted)
      (void)parts_.store->decide(session->config().id, false,
                                 std::string(rollout::to_string(hosted->decision.reason)),
                                 hosted->decision.version);
  }
}

Result<HostedSession> SessionRegistry::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto known = sessions_.find(id);
  if (known == sessions_.end())
    return fail(ErrorCode::not_found, "there is no session with this id", "session_id");
  return known->second.hosted;
}

std::vector<HostedSession> SessionRegistry::open() const {
  std::vector<HostedSession> open;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : sessions_)
      if (!ended(entry.hosted)) open.push_back(entry.hosted);
  }
  std::stable_sort(open.begin(), open.end(), [](const HostedSession& a, const HostedSession& b) {
    return a.created_at < b.created_at;
  });
  return open;
}

Result<ports::StoredSession> SessionRegistry::stored(const std::string& id) const {
  const auto unknown = fail(ErrorCode::not_found, "there is no session with this id", "session_id");
  if (!parts_.store) return unknown;
  auto stored = parts_.store->find(SessionId{id});
  if (!stored) return tl::unexpected(stored.error());
  if (!*stored) return unknown;
  return std::move(**stored);
}

std::vector<OfferedLanguage> SessionRegistry::offered() const {
  std::vector<Language> voices;
  if (parts_.synthesiser) voices = parts_.synthesiser->languages();
  std::vector<OfferedLanguage> offered;
  const auto translations = parts_.translator->offers();
  for (const Language& language : parts_.recogniser->languages()) {
    OfferedLanguage one{language, {}, {}};
    for (const LanguagePair& pair : parts_.translator->pairs())
      if (pair.source == language) one.targets.push_back(pair.target);
    std::sort(one.targets.begin(), one.targets.end());
    for (const ports::TranslationOffer& offer : translations)
      if (offer.pair.source == language) one.translations.push_back(offer);
    std::stable_sort(one.translations.begin(), one.translations.end(),
                     [](const auto& a, const auto& b) { return a.pair.target < b.pair.target; });
    std::vector<Language> all = one.targets;
    all.push_back(language);
    std::sort(all.begin(), all.end());
    std::set_intersection(all.begin(), all.end(), voices.begin(), voices.end(),
                          std::back_inserter(one.speech));
    offered.push_back(std::move(one));
  }
  std::sort(offered.begin(), offered.end(),
            [](const auto& a, const auto& b) { return a.language < b.language; });
  return offered;
}

pipeline::ListenerId SessionRegistry::new_listener() const {
  constexpr std::size_t bound = std::size_t{1} << 32;
  const auto half = [this] { return std::uint64_t{random_(bound)} << 32 | random_(bound); };
  const std::uint64_t high = half();
  return {high, half()};
}

void SessionRegistry::heard(const SessionId& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto known = sessions_.find(id.str());
  if (known != sessions_.end()) known->second.last_audio = now;
}

void SessionRegistry::sweep(Clock::time_point now) {
  std::vector<std::shared_ptr<pipeline::Session>> released;  // destroyed after the lock is
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<Clock::time_point, std::string>> over;
  for (auto& [id, entry] : sessions_) {
    if (ended(entry.hosted)) {
      over.emplace_back(entry.last_audio, id);
    } else if (now - entry.last_audio >= config_.abandoned_after) {
      entry.hosted.session->finish();
    } else if (speaker_away(entry.hosted, now)) {
      entry.hosted.session->speaker_gone();
    }
  }
  std::sort(over.begin(), over.end());
  for (std::size_t i = 0; i + config_.max_ended < over.size(); ++i) {
    const auto known = sessions_.find(over[i].second);
    released.push_back(std::move(known->second.hosted.session));
    sessions_.erase(known);
  }
}

void SessionRegistry::finish_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, entry] : sessions_) entry.hosted.session->finish();
}

bool SessionRegistry::all_ended() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(sessions_.begin(), sessions_.end(),
                     [](const auto& entry) { return ended(entry.second.hosted); });
}

}  // namespace sotto::server

#include "server/session_registry.hpp"

#include <algorithm>
#include <utility>

namespace sotto::server {

namespace {

bool ended(const HostedSession& hosted) {
  return hosted.session->state() == pipeline::SessionState::ended;
}

}  // namespace

SessionRegistry::SessionRegistry(RegistryConfig config, pipeline::SessionParts parts,
                                 RandomBelow random)
    : config_(config), parts_(std::move(parts)), random_(std::move(random)) {}

Result<HostedSession> SessionRegistry::create(const Language& language, rollout::Decision decision,
                                              Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto open = static_cast<std::size_t>(
      std::count_if(sessions_.begin(), sessions_.end(),
                    [](const auto& entry) { return !ended(entry.second.hosted); }));
  if (open >= config_.max_sessions)
    return fail(
        ErrorCode::resource_exhausted,
        "the server has its limit of " + std::to_string(config_.max_sessions) + " sessions");
  pipeline::SessionConfig session;
  do {
    session.id = make_session_id(random_);
  } while (sessions_.contains(session.id.str()));
  session.language = language;
  session.max_listeners = config_.max_listeners;
  session.engine = config_.engine;
  session.engine.mode = decision.enabled ? engine::Mode::partial : engine::Mode::final_only;
  auto started = pipeline::Session::start(session, parts_);
  if (!started) return tl::unexpected(started.error());
  HostedSession hosted;
  hosted.session = *started;
  hosted.speaker_token = make_token(random_);
  hosted.decision = decision;
  sessions_[session.id.str()] = {hosted, now};
  return hosted;
}

Result<HostedSession> SessionRegistry::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto known = sessions_.find(id);
  if (known == sessions_.end())
    return fail(ErrorCode::not_found, "there is no session with this id", "session_id");
  return known->second.hosted;
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

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

Result<> SessionRegistry::make_room(const SessionRequest& request) {
  const auto open = static_cast<std::size_t>(
      std::count_if(sessions_.begin(), sessions_.end(),
                    [](const auto& entry) { return !ended(entry.second.hosted); }));
  if (open >= config_.max_sessions)
    return fail(
        ErrorCode::resource_exhausted,
        "the server has its limit of " + std::to_string(config_.max_sessions) + " sessions");
  const auto known = sessions_.find(request.id);
  if (known == sessions_.end()) return {};
  if (!ended(known->second.hosted))
    return fail(ErrorCode::already_exists, "session " + request.id + " has not ended",
                "session_id");
  sessions_.erase(known);
  return {};
}

Result<HostedSession> SessionRegistry::create(const SessionRequest& request, const Decide& decide,
                                              Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (auto room = make_room(request); !room) return tl::unexpected(room.error());
  pipeline::SessionConfig session;
  session.id = SessionId{request.id};
  while (session.id.empty() || sessions_.contains(session.id.str()))
    session.id = make_session_id(random_);
  const rollout::Decision decision = decide(session.id.str());
  session.language = request.language;
  session.max_listeners = config_.max_listeners;
  session.engine = config_.engine;
  session.engine.mode = decision.enabled ? engine::Mode::partial : engine::Mode::final_only;
  session.engine.min_stability_threshold = decision.min_stability_threshold;
  session.engine.max_buffer_timeout = decision.max_buffer_timeout;
  auto started = pipeline::Session::start(
      session, parts_,
      config_.observer ? config_.observer(session.id, decision) : pipeline::SessionObserver{});
  if (!started) return tl::unexpected(started.error());
  HostedSession hosted;
  hosted.session = *started;
  hosted.speaker_token = make_token(random_);
  hosted.decision = decision;
  sessions_[session.id.str()] = {hosted, now};
  return hosted;
}

void SessionRegistry::apply(const rollout::InForce& in_force, UtcTime now,
                            std::function<void(std::size_t)> done) {
  std::vector<std::shared_ptr<pipeline::Session>> killed;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, entry] : sessions_) {
      if (!entry.hosted.decision.enabled || ended(entry.hosted)) continue;
      const auto reason = rollout::killed(in_force, id, now);
      if (!reason) continue;
      entry.hosted.decision.enabled = false;
      entry.hosted.decision.reason = *reason;
      entry.hosted.decision.version = in_force.version;
      killed.push_back(entry.hosted.session);
    }
  }
  if (killed.empty()) return done(0);
  const auto left = std::make_shared<std::atomic<std::size_t>>(killed.size());
  const auto one_less = [left, count = killed.size(), done = std::move(done)] {
    if (left->fetch_sub(1) == 1) done(count);
  };
  for (const auto& session : killed) session->set_mode(engine::Mode::final_only, one_less);
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

// The registry's other half: which sessions there is room for, and whose speaker is gone.
#include <string>
#include <utility>

#include "server/sessions/session_registry.hpp"

namespace sotto::server {

namespace {

bool ended(const HostedSession& hosted) {
  return hosted.session->state() == pipeline::SessionState::ended;
}

}  // namespace

Result<> SessionRegistry::make_room(const SessionRequest& request) {
  const auto known = sessions_.find(request.id);
  if (known != sessions_.end() && !ended(known->second.hosted))
    return fail(ErrorCode::already_exists, "session " + request.id + " has not ended",
                "session_id");
  const Claimant starter{request.client, request.trusted, request.unattended};
  const RoomFound room = who_gives_room(places(), starter, config_.max_sessions);
  if (!room.found)
    return fail(
        ErrorCode::resource_exhausted,
        "the server has its limit of " + std::to_string(config_.max_sessions) + " sessions");
  if (!room.gives.empty()) {
    Entry& gives = sessions_.at(room.gives);
    gives.dropped = true;
    gives.hosted.session->finish();
  }
  if (known != sessions_.end()) sessions_.erase(known);
  return {};
}

std::vector<SessionPlace> SessionRegistry::places() const {
  std::vector<SessionPlace> places;
  for (const auto& [id, entry] : sessions_) {
    const HostedSession& hosted = entry.hosted;
    if (entry.dropped || ended(hosted)) continue;
    const bool spoken = hosted.session->state() != pipeline::SessionState::waiting ||
                        !hosted.session->config().settled.empty();
    places.push_back({id, entry.starter, hosted.created_at, spoken || hosted.seat->taken()});
  }
  return places;
}

bool SessionRegistry::speaker_away(const HostedSession& hosted, Clock::time_point now) const {
  return !hosted.token_digest.empty() && hosted.session->state() == pipeline::SessionState::live &&
         now - hosted.seat->heard() >= config_.away_after;
}

bool SessionRegistry::has_room() const {
  const std::lock_guard lock(mutex_);
  return who_gives_room(places(), {}, config_.max_sessions).found;
}

}  // namespace sotto::server

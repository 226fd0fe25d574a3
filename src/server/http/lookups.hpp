#pragma once

#include <optional>
#include <string>

#include "server/http/http_message.hpp"
#include "server/http/miss_limiter.hpp"
#include "server/sessions/session_registry.hpp"
#include "server/websocket/sockets.hpp"

namespace sotto::server {

/// Limits how often a client may ask for sessions that are not there, whichever way it asks.
/// Thread-safe.
class Lookups {
 public:
  using Clock = MissLimiter::Clock;

  /// Why a request is not looked at, with status 429; nothing if it may go on to end().
  std::optional<Response> begin(const Request& request, Clock::time_point now);
  /// What came of it.
  void end(const Request& request, const Response& response, Clock::time_point now);

  /// The socket's route or, for a client who may not look for the session, one that refuses it.
  SocketRoute route(SocketRoute route, const SocketRequest& request,
                    const SessionRegistry& registry, Clock::time_point now);
  /// A socket was closed because its token was wrong.
  void missed(const std::string& client, Clock::time_point now) { misses_.missed(client, now); }

 private:
  Error too_many() const;

  MissLimiter misses_;
};

}  // namespace sotto::server

#pragma once

#include <string>

#include "server/exchange.hpp"
#include "server/flag_access.hpp"
#include "server/ofrep.hpp"
#include "server/rollout_api.hpp"
#include "server/session_registry.hpp"
#include "server/telemetry_api.hpp"
#include "telemetry/log.hpp"

namespace sotto::server {

/// The REST interface and the pages: requests in, answers out, no transport. Thread-safe.
class Api {
 public:
  /// The registry and the log must outlive this.
  Api(FlagAccess flag, TelemetryApi telemetry, SessionRegistry* registry, telemetry::Log* log);

  Response handle(const Request& request, SessionRegistry::Clock::time_point now);

  /// Whether handle() may wait for the flag's store, for seconds if that hangs: not for a thread
  /// that has talks to carry.
  static bool may_wait(const std::string& path) { return RolloutApi::owns(path); }

  /// Begins a session as POST /v1/sessions does.
  Result<HostedSession> create_session(const SessionRequest& request,
                                       SessionRegistry::Clock::time_point now);

  /// The id that GET /v1/demo gives. Call it before the first request.
  void set_demo(SessionId id) { demo_ = std::move(id); }

 private:
  Response create(const Request& request, SessionRegistry::Clock::time_point now);
  Response show(const std::string& id) const;
  Response end(const std::string& id, const Request& request);
  Response page(const Request& request) const;

  Result<SessionRequest> session_request(const Request& request) const;

  const FlagAccess flag_;
  SessionRegistry* const registry_;
  telemetry::Log* const log_;
  const RolloutApi rollout_;
  const Ofrep ofrep_;
  const TelemetryApi telemetry_;
  SessionId demo_;
};

}  // namespace sotto::server

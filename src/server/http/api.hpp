#pragma once

#include <atomic>
#include <string>

#include <boost/json/object.hpp>

#include "server/http/http_message.hpp"
#include "server/http/store_health.hpp"
#include "server/operator/criteria_api.hpp"
#include "server/operator/flag_access.hpp"
#include "server/operator/ofrep.hpp"
#include "server/operator/phases_api.hpp"
#include "server/operator/report_api.hpp"
#include "server/operator/rollout_api.hpp"
#include "server/operator/telemetry_api.hpp"
#include "server/sessions/recogniser_in_use.hpp"
#include "server/sessions/sessions_api.hpp"
#include "telemetry/log.hpp"

namespace sotto::server {

/// What answers requests: its parts must outlive it.
struct ApiParts {
  FlagAccess flag;
  SessionRegistry* registry = nullptr;
  telemetry::Metrics* metrics = nullptr;
  telemetry::Series* series = nullptr;
  telemetry::Monitor* monitor = nullptr;
  rollout_controller::RolloutController* controller = nullptr;
  rollout_controller::ReadingsSource* readings = nullptr;
  ports::RolloutStore* rollouts = nullptr;
  telemetry::Log* log = nullptr;
  std::string environment;
  ClientLimits limits;
  RecogniserInUse recogniser = {};
  const telemetry::TranslationCounts* translations = nullptr;
  StoreHealth store = {};
  StartRules start = {};
};

/// The REST interface and the pages: requests in, answers out, no transport. Thread-safe.
class Api {
 public:
  explicit Api(const ApiParts& parts);

  /// A HEAD is answered as a GET: leaving the body out is the transport's.
  Response handle(Request request, SessionRegistry::Clock::time_point now);

  /// Whether handle() may wait for a store or a translator, for seconds if those hang: not for a
  /// thread that has sessions to carry.
  bool may_wait(const Request& request) const;

  /// Begins a session as POST /v1/sessions does.
  Result<CreatedSession> create_session(const SessionRequest& request,
                                        SessionRegistry::Clock::time_point now) {
    return sessions_.create_session(request, now);
  }

  /// The id that GET /v1/demo gives. Call it before the first request.
  void set_demo(SessionId id) { demo_ = std::move(id); }

  /// From here on GET /readyz says that no new work is wanted.
  void set_stopping() { stopping_ = true; }

 private:
  Response answer(const Request& request, SessionRegistry::Clock::time_point now);
  Response ready(const Request& request, SessionRegistry::Clock::time_point now);
  boost::json::object recogniser(bool for_operator) const;
  Response demo(const Request& request) const;
  Response page(const Request& request) const;

  const FlagAccess flag_;
  const RecogniserInUse recogniser_;
  SessionRegistry* const registry_;
  SessionsApi sessions_;
  const RolloutApi rollout_;
  const PhasesApi phases_;
  const CriteriaApi criteria_;
  const ReportApi report_;
  const Ofrep ofrep_;
  const TelemetryApi telemetry_;
  AskedOnce store_;
  SessionId demo_;
  std::atomic<bool> stopping_{false};
};

}  // namespace sotto::server

#pragma once

#include <string>

#include "server/session_registry.hpp"
#include "telemetry/log.hpp"

namespace sotto::server {

/// A request without its transport.
struct Request {
  std::string method;  ///< upper case
  std::string path;    ///< decoded, without the query
  std::string bearer;  ///< the token of the Authorization header, or empty
  std::string etag;    ///< of If-None-Match, or empty
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string etag;   ///< empty: not to be cached
  std::string allow;  ///< with status 405
};

/// The JSON object {"error":{"code","message","field"}} for an error.
std::string error_json(const Error& error);

/// The HTTP status of an error.
int status_of(ErrorCode code);

/// The REST interface and the pages: requests in, answers out, no transport. Thread-safe.
class Api {
 public:
  /// `partial_results_enabled` is PARTIAL_RESULTS_ENABLED. The registry and the log must outlive
  /// this.
  Api(bool partial_results_enabled, SessionRegistry* registry, telemetry::Log* log);

  Response handle(const Request& request, SessionRegistry::Clock::time_point now);

  /// Begins a session as POST /v1/sessions does.
  Result<HostedSession> create_session(const Language& language,
                                       SessionRegistry::Clock::time_point now);

  /// The id that GET /v1/demo gives. Call it before the first request.
  void set_demo(SessionId id) { demo_ = std::move(id); }

 private:
  Response create(const Request& request, SessionRegistry::Clock::time_point now);
  Response show(const std::string& id) const;
  Response end(const std::string& id, const Request& request);
  Response page(const Request& request) const;

  const bool partial_results_enabled_;
  SessionRegistry* const registry_;
  telemetry::Log* const log_;
  SessionId demo_;
};

}  // namespace sotto::server

#pragma once

#include <string>

#include "server/http/http_message.hpp"
#include "server/http/rate_limiter.hpp"
#include "server/operator/flag_access.hpp"
#include "server/sessions/session_registry.hpp"
#include "server/sessions/start_right.hpp"
#include "server/sessions/transcript_cache.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::server {

/// How often one client may do what costs something. A client may be a whole hall behind one
/// address, so what each listener does once or twice has room for a thousand of them.
struct ClientLimits {
  double new_sessions_burst = 20, new_sessions_per_minute = 20;
  double feedback_burst = 3000, feedback_per_minute = 1500;
  double feedback_of_listener_burst = 30, feedback_of_listener_per_minute = 30;
  double transcripts_burst = 120, transcripts_per_minute = 120;  ///< that have to be written
  double downloads_burst = 3000, downloads_per_minute = 1500;    ///< of those written just now
};

/// Sessions, their transcripts and their feedback, as docs/live.md says: /v1/sessions… and
/// /v1/languages. Thread-safe.
class SessionsApi {
 public:
  /// What is pointed to must outlive this.
  SessionsApi(FlagAccess flag, SessionRegistry* registry, telemetry::Metrics* metrics,
              telemetry::Log* log, const ClientLimits& limits, StartRules start = {});

  /// Whether a path is for handle().
  static bool owns(const std::string& path);

  /// Whether handle() may wait, for a store or a translator: not for a thread that has sessions to
  /// carry.
  bool may_wait(const Request& request) const;

  Response handle(const Request& request, SessionRegistry::Clock::time_point now);

  /// Begins a session as POST /v1/sessions does.
  Result<CreatedSession> create_session(const SessionRequest& request,
                                        SessionRegistry::Clock::time_point now);

 private:
  Response create(const Request& request, SessionRegistry::Clock::time_point now);
  Result<bool> may_start(const Request& request, SessionRegistry::Clock::time_point now);
  Response list(const Request& request) const;
  Response show(const std::string& id) const;
  Response end(const std::string& id, const Request& request);
  Response transcript(const std::string& id, const std::string& ending, const Request& request,
                      SessionRegistry::Clock::time_point now);
  struct Written {
    Response response;
    bool whole = false;  ///< nothing in it is still to be translated
  };
  Written write_transcript_of(const std::string& id, const std::string& ending,
                              const Request& request);
  Response feedback(const std::string& id, const Request& request,
                    SessionRegistry::Clock::time_point now);
  Response languages() const;

  Result<SessionRequest> session_request(const Request& request) const;
  bool is_operator(const Request& request) const;
  static Response too_many(const RateLimiter& limiter);

  const FlagAccess flag_;
  SessionRegistry* const registry_;
  telemetry::Metrics* const metrics_;
  telemetry::Log* const log_;
  RateLimiter new_sessions_, feedback_, feedback_of_listener_, transcripts_, downloads_;
  TranscriptCache written_;
  StartRight start_;
};

}  // namespace sotto::server

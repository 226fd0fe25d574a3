#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "access/operator_file.hpp"
#include "server/http/http_message.hpp"
#include "server/http/rate_limiter.hpp"
#include "server/operator/flag_access.hpp"
#include "telemetry/log.hpp"

namespace sotto::server {

/// Tokens that are nobody's: told to the log, and a client that brings many is told to wait.
/// Whoever has a right one is never held up. Thread-safe.
class FailedLogins {
 public:
  /// `log` must outlive it.
  explicit FailedLogins(const telemetry::Log* log) : log_(log) {}

  /// The answer to a token that is nobody's: 403, and 429 past 60 of a client's, a minute later at
  /// one a second. Logged: a client's first three in a minute; then one line says how many more.
  Response refuse(const std::string& client, RateLimiter::Clock::time_point now);

 private:
  const telemetry::Log* const log_;
  RateLimiter attempts_{60, 1};
  RateLimiter lines_{3, 0.05};
  std::atomic<std::uint64_t> unlogged_{0};
};

/// Whose token a request has; none where it has none, or nobody's. Thread-safe.
std::optional<access::Caller> caller_of(const FlagAccess& flag, const std::string& token);
inline std::optional<access::Caller> caller_of(const FlagAccess& flag, const Request& request) {
  return caller_of(flag, request.bearer);
}

/// Whether a request may do what that role may.
bool may(const FlagAccess& flag, const Request& request, access::Role role);

/// The answer to a request that may not do what that role may: 403 with the field `Authorization`,
/// or `role` where its token is a viewer's. None: it may. Thread-safe.
std::optional<Response> refusal(const FlagAccess& flag, const Request& request, access::Role role);

/// What reads needs a viewer's token, and what changes something an operator's.
access::Role role_for(const Request& request);

/// The error of a body that says itself who makes a change.
tl::unexpected<Error> by_is_the_tokens();

/// GET /v1/operator: whose token it is, {"name","role","expires_at"}.
Response show_caller(const FlagAccess& flag, const Request& request);

}  // namespace sotto::server

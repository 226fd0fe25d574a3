#include "server/operator/operator_right.hpp"

#include <boost/json.hpp>

#include "access/tokens.hpp"

namespace sotto::server {

namespace json = boost::json;
using access::Role;

namespace {

Error no_operator() {
  return {ErrorCode::permission_denied, "this needs an operator's token", "Authorization"};
}

}  // namespace

Response FailedLogins::refuse(const std::string& client, RateLimiter::Clock::time_point now) {
  if (lines_.allows(client, now))
    log_->write(telemetry::Level::warning, "a token was refused",
                {{"event", "authentication_failed"},
                 {"error_code", "permission_denied"},
                 {"client", client},
                 {"not_logged_before", static_cast<double>(unlogged_.exchange(0))}});
  else
    ++unlogged_;
  if (attempts_.allows(client, now)) return reply(no_operator());
  const auto wait = attempts_.wait().count();
  Response response =
      reply(Error{ErrorCode::resource_exhausted,
                  "too many tokens that are nobody's; come again in " + std::to_string(wait) + " s",
                  "Authorization"});
  response.retry_after = static_cast<int>(wait);
  return response;
}

std::optional<access::Caller> caller_of(const FlagAccess& flag, const std::string& token) {
  if (token.empty()) return std::nullopt;
  if (!flag.operator_token.empty() && access::same_token(token, flag.operator_token))
    return access::Caller{std::string(access::first_operator), Role::operating, std::nullopt};
  if (!flag.operators) return std::nullopt;
  return flag.operators->who(token, flag.now());
}

bool may(const FlagAccess& flag, const Request& request, Role role) {
  const auto caller = caller_of(flag, request);
  return caller && (role == Role::viewer || caller->role == Role::operating);
}

std::optional<Response> refusal(const FlagAccess& flag, const Request& request, Role role) {
  const auto caller = caller_of(flag, request);
  if (caller && (role == Role::viewer || caller->role == Role::operating)) return std::nullopt;
  if (caller)
    return reply(Error{ErrorCode::permission_denied,
                       "this needs an operator's token; that of " + caller->name + " is a viewer's",
                       "role"});
  if (request.bearer.empty() || !flag.failed_logins) return reply(no_operator());
  return flag.failed_logins->refuse(request.client, RateLimiter::Clock::now());
}

Role role_for(const Request& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return reads ? Role::viewer : Role::operating;
}

tl::unexpected<Error> by_is_the_tokens() {
  return fail(ErrorCode::invalid_argument,
              "by is the name of the token that you use; 'sotto operator add NAME' makes one",
              "by");
}

Response show_caller(const FlagAccess& flag, const Request& request) {
  if (auto refused = refusal(flag, request, Role::viewer)) return *std::move(refused);
  if (request.method != "GET") return not_allowed("GET");
  const auto caller = caller_of(flag, request);
  if (!caller) return reply(no_operator());  // it has expired since
  json::value expires = nullptr;
  if (caller->expires_at) expires = format_utc(*caller->expires_at);
  return reply(200, {{"name", caller->name},
                     {"role", access::to_string(caller->role)},
                     {"expires_at", std::move(expires)}});
}

}  // namespace sotto::server

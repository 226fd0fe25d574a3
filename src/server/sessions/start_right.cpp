#include "server/sessions/start_right.hpp"

#include <algorithm>

#include "access/tokens.hpp"

namespace sotto::server {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

}  // namespace

std::string_view to_string(WhoMayStart who) {
  switch (who) {
    case WhoMayStart::everybody: return "open";
    case WhoMayStart::hosts: return "code";
    case WhoMayStart::operators: return "operator";
  }
  return "operator";
}

std::optional<WhoMayStart> parse_who_may_start(std::string_view text) {
  for (const auto who : {WhoMayStart::everybody, WhoMayStart::hosts, WhoMayStart::operators})
    if (text == to_string(who)) return who;
  return std::nullopt;
}

Result<bool> StartRight::may_start(const std::string& client, const std::string& code,
                                   RateLimiter::Clock::time_point now) {
  if (rules_.who == WhoMayStart::operators)
    return fail(ErrorCode::permission_denied,
                "only the operator starts sessions here: give the operator's token",
                "Authorization");
  if (code.empty()) {
    if (rules_.who == WhoMayStart::everybody) return false;
    return fail(ErrorCode::permission_denied,
                "starting a session needs the host code; the operator has it, from 'sotto session "
                "code'",
                "code");
  }
  if (!rules_.host_code) return false;
  if (!tries_.allows(client, now))
    return fail(ErrorCode::resource_exhausted,
                "too many host codes were tried; try again in " +
                    std::to_string(tries_.wait().count()) + " s",
                "code");
  const auto right = rules_.host_code();
  if (!right) return tl::unexpected(right.error());
  if (!right->empty() && access::same_token(lower(code), *right)) return true;
  if (rules_.who == WhoMayStart::everybody) return false;
  return fail(ErrorCode::permission_denied,
              "this is not the host code; ask the operator for the one in force", "code");
}

}  // namespace sotto::server

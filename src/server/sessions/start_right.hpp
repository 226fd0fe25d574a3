#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server/http/rate_limiter.hpp"

namespace sotto::server {

/// Who may start a session. The operator's token always may.
enum class WhoMayStart : std::uint8_t {
  everybody,  ///< `open`
  hosts,      ///< `code`: who has the host code, which the operator hands out
  operators   ///< `operator`
};

/// As the setting and the interface have it, such as "code".
std::string_view to_string(WhoMayStart who);
std::optional<WhoMayStart> parse_who_may_start(std::string_view text);

struct StartRules {
  WhoMayStart who = WhoMayStart::everybody;
  /// The host code in force, read anew each time: it may be renewed meanwhile. May wait for a disk.
  std::function<Result<std::string>()> host_code = {};
};

/// Whether a request may start a session. Thread-safe.
class StartRight {
 public:
  explicit StartRight(StartRules rules) : rules_(std::move(rules)) {}

  WhoMayStart who() const { return rules_.who; }

  /// For a client that is not the operator and gives `code`, or nothing. The value: whether it is
  /// trusted, since it has the host code. Codes are compared in constant time, without their case.
  /// Errors: `permission_denied` (field `code`); `resource_exhausted` where the client tried more
  /// than tries_per_minute codes; those of the code's file.
  Result<bool> may_start(const std::string& client, const std::string& code,
                         RateLimiter::Clock::time_point now);

  static constexpr double tries_per_minute = 10;

 private:
  const StartRules rules_;
  RateLimiter tries_{tries_per_minute, tries_per_minute / 60};
};

}  // namespace sotto::server

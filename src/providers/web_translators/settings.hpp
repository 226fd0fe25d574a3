#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "http_client/http.hpp"
#include "supervision/circuit_breaker.hpp"

namespace sotto::providers::web_translators {

/// How requests to a translation service are supervised.
struct Limits {
  /// From a request's submission to its answer: its turn, its attempts and the waits between them.
  /// 100 ms to 60 s.
  milliseconds deadline{4'500};
  /// Requests of a pair that may wait or be under way, 1 to 10,000.
  std::size_t max_queued = 64;
  /// Texts of one pair in a call, 1 to 50. Chat models take one.
  std::size_t max_batch = 16;
  /// Calls for one pair at the same time, 1 to 16.
  std::size_t in_flight = 2;
  /// After so many failed calls in a row, 1 to 1,000, requests are answered at once ...
  int failures_to_open = 5;
  /// ... for this long, 1 ms to 10 minutes; then one call probes.
  milliseconds open_for{10'000};
};

/// Errors: `invalid_argument`, naming the setting, its value and its range.
Result<> validate(const Limits& limits);

/// `key` in a header: up to 1,000 printable characters of ASCII without a space; empty is none.
/// Errors: `invalid_argument` with `setting` as the field, never the key itself.
Result<> validate_key(const std::string& key, const std::string& setting);

/// The key that an environment variable has, or that the file has that VARIABLE_FILE names (its
/// first line); empty where neither is set. Errors: `not_found` for a file that cannot be read,
/// `invalid_argument` for a key that cannot be one.
Result<std::string> key_from_environment(const std::string& variable);

/// How people are addressed, where the target language and the service know a difference.
enum class Formality : std::uint8_t { as_is, formal, informal };

/// What the translators work with. All functions are called from several threads.
struct Dependencies {
  std::shared_ptr<http_client::HttpSender> http;
  std::function<supervision::SupervisionTime()> now;
  std::function<double()> random;  ///< in [0, 1): the jitter of retries
  /// Told before each wait for a retry; empty but in tests, which move their clock.
  std::function<void(milliseconds)> on_wait;

  /// The machine's clock, and a random generator.
  static Dependencies real(std::shared_ptr<http_client::HttpSender> http);
};

}  // namespace sotto::providers::web_translators

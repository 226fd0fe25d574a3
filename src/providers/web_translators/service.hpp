#pragma once

#include <boost/json/value.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "providers/web_translators/settings.hpp"

namespace sotto::providers::web_translators {

/// How long an answer asks to wait: its Retry-After in seconds (RFC 9110, 10.2.3), at most an hour;
/// nothing where it has none or a date.
std::optional<milliseconds> retry_after(const http_client::HttpResponse& response);

/// The error as the translator's port knows it: a request that the service refused, which
/// Service::call() calls `invalid_argument`, is `unavailable`, so that another engine is tried.
Error port_error(Error error);

/// A translation service over HTTP, supervised: retries, back-off, a circuit breaker for all
/// languages together. What goes wrong becomes an error of the translator's port, which names the
/// service and the status and never a key, a text or what the service said. Thread-safe.
class Service {
 public:
  struct Config {
    std::string name;                              ///< in messages: "LibreTranslate at localhost"
    std::string key_advice;                        ///< what to do about a refused key
    std::string usage_advice;                      ///< what to do about a usage limit
    std::string url_advice = "is its URL right?";  ///< where something else answers
    http_client::Endpoint endpoint;
    int usage_limit_status = 402;          ///< says that a usage limit is reached
    std::size_t largest_answer = 1 << 20;  ///< bytes
    int failures_to_open = 5;
    milliseconds open_for{10'000};
  };

  Service(Config config, Dependencies dependencies);

  /// Sends a request, its target below the endpoint's path, and reads the JSON of its answer. A
  /// broken connection, a 5xx, an answer that is no JSON and a 429 are tried once more where there
  /// is time before `deadline`: after a jittered wait, or what Retry-After asks for. Blocks until
  /// the deadline at the latest. Errors:
  /// - `invalid_argument`: a 400, 413 or 422, which another text may not get;
  /// - `resource_exhausted`: too many requests, or the usage limit; nothing is asked meanwhile;
  /// - `deadline_exceeded`: no answer in time;
  /// - `unavailable`: the rest, also while the breaker is open, a refused key, an answer that is
  ///   too large, and after stop().
  Result<boost::json::value> call(http_client::HttpRequest request,
                                  supervision::SupervisionTime deadline);

  /// Ends the waits for retries; calls that are under way go on.
  void stop();
  bool stopping() const;

  /// Waits, until stop() at the longest; whether it was stopped.
  bool wait(milliseconds duration);

  supervision::SupervisionTime now() const { return dependencies_.now(); }
  const std::string& name() const { return config_.name; }

 private:
  enum class Verdict { answered, failed, failed_for_good, throttled };
  struct Attempt {
    Verdict verdict;
    Result<boost::json::value> result;
    std::optional<milliseconds> asked_wait = {};
  };

  std::optional<Error> refusal();
  Attempt attempt(const http_client::HttpRequest& request, milliseconds patience) const;
  Attempt judge(const http_client::HttpResponse& response) const;
  Attempt judge_status(const http_client::HttpResponse& response) const;
  void note(const Attempt& attempt);
  void hold(milliseconds duration, const Error& error);
  milliseconds back_off();

  const Config config_;
  const Dependencies dependencies_;

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable stopped_;
  bool stopping_ = false;
  supervision::CircuitBreaker breaker_;
  supervision::BackOff throttled_back_off_;
  supervision::SupervisionTime held_until_{};
  std::optional<Error> held_;  // why nothing is asked until then
};

}  // namespace sotto::providers::web_translators

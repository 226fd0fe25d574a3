#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "telemetry/log.hpp"

namespace sotto::webhook {

/// Posts JSON to a URL, http or https, one message after the other. A failed post (no answer within
/// 10 s, or a status other than 2xx) is repeated after each of `pauses`, then dropped and logged.
/// At most 64 messages wait; further ones are refused. Certificates are verified. Thread-safe.
class Webhook {
 public:
  struct Config {
    std::string url;
    std::vector<std::chrono::milliseconds> pauses = {
        std::chrono::seconds{1}, std::chrono::seconds{4}, std::chrono::seconds{15},
        std::chrono::seconds{60}};
  };

  /// The log must outlive it. Errors: `invalid_argument` for a URL that is not http or https.
  static Result<std::shared_ptr<Webhook>> create(boost::asio::any_io_executor executor,
                                                 Config config, const telemetry::Log* log);

  /// Sends a JSON text soon; false: too many wait.
  bool post(std::string body);

 private:
  class Impl;
  explicit Webhook(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<Impl> impl_;
};

}  // namespace sotto::webhook

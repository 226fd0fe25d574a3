#pragma once

#include "server/http/http_message.hpp"
#include "server/operator/flag_access.hpp"

namespace sotto::server {

/// The OpenFeature Remote Evaluation Protocol, so that any OpenFeature client can ask for the flag:
/// POST /ofrep/v1/evaluate/flags/{key} for one key and …/flags for all, with
/// {"context":{"targetingKey":"golden-eagle-427"}}. The keys are `partial-results` (boolean),
/// `min-stability-threshold` and `max-buffer-timeout` (numbers, the second in seconds). Nobody
/// waits for the store. Source: https://github.com/open-feature/protocol, service/openapi.yaml.
/// Thread-safe.
class Ofrep {
 public:
  explicit Ofrep(const feature_flag::FlagReader* reader) : reader_(reader) {}

  /// Whether a path is for handle().
  static bool owns(const std::string& path);

  Response handle(const Request& request) const;

 private:
  const feature_flag::FlagReader* const reader_;
};

}  // namespace sotto::server

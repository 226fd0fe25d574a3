#pragma once

#include <span>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::ports {

/// Receives the decisions of engines on a host that has no listeners of its own.
class DecisionSink {
 public:
  virtual ~DecisionSink() = default;

  /// Stores decisions of a session, one JSON object each (lambda/decision_record.hpp), in order.
  /// Blocks until they are stored. After a failure the same decisions may come again, with the same
  /// numbers. Errors: `unavailable`, `permission_denied`: some of them may have been stored.
  /// `resource_exhausted`: one is too large for the sink, and none was stored.
  virtual Result<> take(const SessionId& session, std::span<const std::string> decisions) = 0;
};

}  // namespace sotto::ports

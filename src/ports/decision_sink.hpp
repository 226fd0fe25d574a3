#pragma once

#include <span>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::ports {

/// Where a host without listeners of its own sends what its engines decide.
class DecisionSink {
 public:
  virtual ~DecisionSink() = default;

  /// Takes decisions of a session, one JSON object each (lambda/decision_record.hpp), in order.
  /// Blocks until they are kept. The same ones may come again after a failure, with the same
  /// numbers. Errors: `unavailable`, `permission_denied`; some of them may then have been taken all
  /// the same. `resource_exhausted` where one is too large for the sink; none was taken then.
  virtual Result<> take(const SessionId& session, std::span<const std::string> decisions) = 0;
};

}  // namespace sotto::ports

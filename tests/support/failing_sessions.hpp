// Sessions with errors, as their metrics show them.
#pragma once

#include "telemetry/metrics.hpp"

namespace sotto::testing {

/// Of the ten sessions of either arm that are live, so many had errors, two each: from three on,
/// within five minutes, the guide's alarm for errors goes off.
inline void count_failing_sessions(telemetry::Metrics& metrics, std::uint64_t canary,
                                   std::uint64_t control = 0) {
  using telemetry::Arm;
  using telemetry::Counter;
  const auto count = [&](Arm arm, std::uint64_t failing) {
    metrics.count(arm, Counter::sessions_active, 10);
    metrics.count(arm, Counter::sessions_failing, failing);
    metrics.count(arm, Counter::session_errors, 2 * failing);
  };
  count(Arm::canary, canary);
  count(Arm::control, control);
}

}  // namespace sotto::testing

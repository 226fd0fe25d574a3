#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "observation/step_summary.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::lambda {

/// What there is to log and to count of some records of a session, held back until their
/// checkpoint is saved: what has to be done again is not told twice. The lines and metrics of a
/// step are those of observation/step_log.hpp and step_metrics.hpp, the same as a server's. Not
/// thread-safe.
class SessionReport {
 public:
  /// The outcome of a step.
  void stepped(observation::StepSummary summary) { steps_.push_back(std::move(summary)); }

  /// The session has ended, with so many orphaned results in all.
  void ended(std::uint64_t orphans) { orphans_ = orphans; }

  /// Logs and counts all of it, and forgets it.
  void publish(const SessionId& session, telemetry::Arm arm, const telemetry::Log& log,
               telemetry::Metrics& metrics);

  void clear() { *this = {}; }

 private:
  std::vector<observation::StepSummary> steps_;
  std::optional<std::uint64_t> orphans_;  ///< of a session that has ended
};

}  // namespace sotto::lambda

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "feature_flag/flag_cache.hpp"
#include "ports/flag_store.hpp"
#include "rollout/environment.hpp"
#include "telemetry/log.hpp"

namespace sotto::lambda {

/// The flag of a function that runs only while it is invoked: it is read at the beginning of an
/// invocation whose value is older than its time to live (a tenth less or more by chance), and then
/// the invocation waits for the store. Nothing runs in between. Not thread-safe.
class InvocationFlag {
 public:
  struct Parts {
    ports::FlagStore* store = nullptr;  ///< null: the environment alone says
    const telemetry::Log* log = nullptr;
    std::function<double()> random;  ///< uniform in [0, 1)
  };

  InvocationFlag(rollout::Environment environment, Parts parts);

  /// An invocation begins. What the store gives that is no valid flag is logged once; the last good
  /// one stays in force.
  void refresh(UtcTime now);

  /// Reads the flag whatever its age.
  void read(UtcTime now);

  feature_flag::FlagCache::Snapshot current() const { return cache_.current(); }
  rollout::Evaluation decide(const SessionId& session, UtcTime now) const {
    return cache_.decide(session.str(), now);
  }

  const std::string& parameter_name() const { return environment_.parameter_name; }

 private:
  const rollout::Environment environment_;
  const Parts parts_;
  feature_flag::FlagCache cache_;
  std::optional<UtcTime> due_;
};

}  // namespace sotto::lambda

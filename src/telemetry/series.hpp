#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::telemetry {

/// What was counted and measured within one minute.
struct Minute {
  UtcTime start{};
  Snapshot arms;
};

/// The metrics of an environment, minute by minute: what alarms, gates and pages read. Minutes in
/// which nothing happened need not be there. Thread-safe. Errors of all methods: `unavailable`.
class Series {
 public:
  virtual ~Series() = default;

  /// Adds to a minute: several processes may each have a part of it.
  virtual Result<> append(const Minute& minute) = 0;

  /// The minutes that start in [from, to), in order.
  virtual Result<std::vector<Minute>> read(UtcTime from, UtcTime to) = 0;

  /// Forgets the minutes before a time.
  virtual Result<> prune(UtcTime before) = 0;
};

/// A series that goes with the process.
class MemorySeries : public Series {
 public:
  Result<> append(const Minute& minute) override;
  Result<std::vector<Minute>> read(UtcTime from, UtcTime to) override;
  Result<> prune(UtcTime before) override;

 private:
  std::mutex mutex_;
  std::vector<Minute> minutes_;  // in order
};

/// All minutes of both arms together, as one.
ArmSnapshot total(const std::vector<Minute>& minutes);
/// All minutes of one arm together.
ArmSnapshot total(const std::vector<Minute>& minutes, Arm arm);

/// An arm's snapshot as JSON text, only what is not 0:
/// {"c":{"NAME":n},"d":{"NAME":[sum,[value,count,…]]}} with CloudWatch's names.
std::string encode(const ArmSnapshot& snapshot);
/// Reads it; names that are not known are passed over. Errors: `invalid_argument`.
Result<ArmSnapshot> decode(const std::string& text);

}  // namespace sotto::telemetry

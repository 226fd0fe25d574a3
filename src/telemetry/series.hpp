#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::telemetry {

/// The metrics of one minute.
struct Minute {
  UtcTime start{};
  Snapshot arms;
};

/// The metrics of an environment, minute by minute, for alarms, gates and pages. Minutes without
/// events may be missing. Thread-safe. Errors of all methods: `unavailable`.
class Series {
 public:
  virtual ~Series() = default;

  /// Adds to a minute; several processes may each add a part.
  virtual Result<> append(const Minute& minute) = 0;

  /// The minutes that start in [from, to), in order.
  virtual Result<std::vector<Minute>> read(UtcTime from, UtcTime to) = 0;

  /// Deletes the minutes before a time.
  virtual Result<> prune(UtcTime before) = 0;
};

/// A series in memory; it ends with the process.
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
/// Reads it; unknown names are skipped. Errors: `invalid_argument`.
Result<ArmSnapshot> decode(const std::string& text);

}  // namespace sotto::telemetry

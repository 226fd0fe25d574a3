#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "telemetry/alarms.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/series.hpp"

namespace sotto::telemetry {

/// Told of what a monitor does, on the thread that ticks it.
struct MonitorEvents {
  std::function<void(const Minute&)> on_minute;       ///< each one that is over, empty ones too
  std::function<void(const AlarmChange&)> on_change;  ///< an alarm's state
  std::function<void(const Error&)> on_problem;       ///< the series cannot be written or read
};

/// Puts the metrics into the series minute by minute, and the alarms over it. The clock is the
/// caller's: one that goes back begins anew, one that jumps ahead makes one long minute.
class Monitor {
 public:
  /// The metrics and the series must outlive it.
  Monitor(const Metrics* metrics, Series* series, std::span<const AlarmRule> rules,
          MonitorEvents events);

  /// It is `now`. When a minute is over, it is put into the series, what is older than 30 days
  /// goes, and the alarms are looked at. Waits for the series; one caller at a time.
  void tick(UtcTime now);

  /// Puts what there is of the minute that goes on into the series: before the process ends. Not
  /// while it is ticked.
  void flush();

  /// The alarms as they stand. Thread-safe.
  std::vector<AlarmStatus> alarms() const;

 private:
  void minute_over(UtcTime now);
  Minute put();

  const Metrics* const metrics_;
  Series* const series_;
  const MonitorEvents events_;

  // used by tick() alone
  AlarmBoard board_;
  Snapshot last_;
  UtcTime minute_{};
  bool begun_ = false;

  mutable std::mutex mutex_;
  std::vector<AlarmStatus> shown_;  // guarded by mutex_
};

}  // namespace sotto::telemetry

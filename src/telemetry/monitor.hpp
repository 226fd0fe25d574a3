#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "telemetry/alarms.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/series.hpp"

namespace sotto::telemetry {

/// Events of a monitor, called on the thread that ticks it.
struct MonitorEvents {
  std::function<void(const Minute&)> on_minute;       ///< each one that is over, empty ones too
  std::function<void(const AlarmChange&)> on_change;  ///< an alarm's state
  std::function<void(const Error&)> on_problem;       ///< the series cannot be written or read
};

/// Writes the metrics into the series minute by minute, and evaluates the alarms on it. The caller
/// gives the time. A clock that goes back starts a new minute; one that jumps ahead makes one long
/// minute.
class Monitor {
 public:
  /// The metrics and the series must outlive it.
  Monitor(const Metrics* metrics, Series* series, std::span<const AlarmRule> rules,
          MonitorEvents events);

  /// To be called with the current time. When a minute is over, it is written to the series,
  /// minutes older than 30 days are deleted, and the alarms are evaluated. Waits for the series;
  /// one caller at a time.
  void tick(UtcTime now);

  /// Writes the unfinished minute to the series, before the process ends. Not during a tick.
  void flush();

  /// The current state of the alarms. Thread-safe.
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

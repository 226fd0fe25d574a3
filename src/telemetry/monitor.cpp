#include "telemetry/monitor.hpp"

#include <algorithm>
#include <utility>

namespace sotto::telemetry {

namespace {

constexpr std::chrono::days kept{30};

UtcTime minute_of(UtcTime time) { return std::chrono::floor<std::chrono::minutes>(time); }

}  // namespace

Monitor::Monitor(const Metrics* metrics, Series* series, std::span<const AlarmRule> rules,
                 MonitorEvents events)
    : metrics_(metrics),
      series_(series),
      events_(std::move(events)),
      board_(rules),
      shown_(board_.alarms()) {}

void Monitor::tick(UtcTime now) {
  const UtcTime minute = minute_of(now);
  if (!begun_ || minute < minute_) {
    if (!begun_) last_ = metrics_->snapshot();
    minute_ = minute;
    begun_ = true;
    return;
  }
  if (minute > minute_) minute_over(minute);
}

void Monitor::flush() {
  if (begun_) put();
}

// Puts what came since the last time into the series. What could not be written comes with the
// next: nothing is lost.
Minute Monitor::put() {
  Snapshot snapshot = metrics_->snapshot();
  Minute minute{minute_, {}};
  for (std::size_t i = 0; i < arms.size(); ++i) minute.arms[i] = snapshot[i].since(last_[i]);
  const bool happened = std::any_of(minute.arms.begin(), minute.arms.end(),
                                    [](const ArmSnapshot& arm) { return !arm.empty(); });
  if (!happened) return minute;
  if (const auto written = series_->append(minute); written) {
    last_ = std::move(snapshot);
  } else if (events_.on_problem) {
    events_.on_problem(written.error());
  }
  return minute;
}

void Monitor::minute_over(UtcTime now) {
  const Minute minute = put();
  const auto report = [&](const Error& error) {
    if (events_.on_problem) events_.on_problem(error);
  };
  if (events_.on_minute) events_.on_minute(minute);
  const bool new_hour = std::chrono::floor<std::chrono::hours>(now) !=
                        std::chrono::floor<std::chrono::hours>(minute_);
  minute_ = now;
  if (new_hour)
    if (const auto pruned = series_->prune(now - kept); !pruned) report(pruned.error());
  const auto changes = board_.evaluate(*series_, now);
  if (!changes) return report(changes.error());
  {
    const std::lock_guard lock(mutex_);
    shown_ = board_.alarms();
  }
  if (events_.on_change)
    for (const AlarmChange& change : *changes) events_.on_change(change);
}

std::vector<AlarmStatus> Monitor::alarms() const {
  const std::lock_guard lock(mutex_);
  return shown_;
}

}  // namespace sotto::telemetry

#include "pipeline/session/session_alarms.hpp"

#include <cstddef>

namespace sotto::pipeline {

using telemetry::Counter;

namespace {

static_assert(telemetry::counter_count <= 32);

constexpr std::uint32_t bit(Counter counter) {
  return std::uint32_t{1} << static_cast<std::size_t>(counter);
}

UtcTime period_of(UtcTime time) {
  constexpr milliseconds length = SessionAlarms::period;
  const milliseconds since = time.time_since_epoch();
  return UtcTime{since - (since % length + length) % length};
}

}  // namespace

void SessionAlarms::delivered(milliseconds latency, UtcTime now) {
  note(latency > late ? Counter::sessions_late : Counter::sessions_active, now);
}

void SessionAlarms::dropped(std::uint64_t results, UtcTime now) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(now);
  if (minute != minute_) dropped_in_minute_ = 0;
  minute_ = minute;
  dropped_in_minute_ += results;
  if (dropped_in_minute_ > many_dropped) note(Counter::sessions_dropping, now);
}

void SessionAlarms::ended(std::uint64_t orphans, UtcTime now) {
  if (orphans >= many_orphans)
    note(Counter::sessions_orphaning, now);
  else if (period_of(now) != period_)
    return;
  count();
}

// Whatever happens to a session, it is active.
void SessionAlarms::note(Counter what, UtcTime now) {
  const UtcTime begin = period_of(now);
  if (begin != period_) {
    period_ = begin;
    noted_ = counted_ = 0;
  }
  noted_ |= bit(Counter::sessions_active) | bit(what);
  if (now - begin >= settling) count();
}

void SessionAlarms::count() {
  const std::uint32_t left = noted_ & ~counted_;
  counted_ |= noted_;
  for (std::size_t i = 0; left >> i != 0; ++i)
    if (left >> i & 1) metrics_->count(arm_, telemetry::counter_at(i));
}

}  // namespace sotto::pipeline

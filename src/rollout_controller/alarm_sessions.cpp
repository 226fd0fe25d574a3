#include "rollout_controller/alarm_sessions.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sotto::rollout_controller {

using telemetry::Arm;
using telemetry::Counter;
using telemetry::Minute;

namespace {

constexpr std::chrono::minutes five{5};

// The last multiple of a length.
UtcTime begin_of(std::chrono::minutes length, UtcTime time) {
  return UtcTime{time.time_since_epoch() / length * milliseconds(length)};
}

// That the alarm is about, and that were active.
using Sessions = std::pair<std::uint64_t, std::uint64_t>;

Sessions sessions_of(const std::vector<Minute>& minutes, Arm arm, Counter about) {
  const telemetry::ArmSnapshot sum = telemetry::total(minutes, arm);
  return {sum[about], sum[Counter::sessions_active]};
}

}  // namespace

UtcTime last_period(const telemetry::AlarmRule& rule, UtcTime now) {
  return begin_of(rule.period, now) - rule.period;
}

Result<rollout::AlarmSessions> alarm_sessions(const telemetry::AlarmRule& rule,
                                              telemetry::Series& series, UtcTime from,
                                              UtcTime now) {
  const UtcTime end = last_period(rule, now) + rule.period;
  Sessions canary, control;
  for (UtcTime begin = begin_of(five, end - rule.period * rule.periods); begin < end;
       begin += five) {
    if (begin + five <= from) continue;
    const auto minutes = series.read(std::max(begin, from), std::min(begin + five, end));
    if (!minutes) return tl::unexpected(minutes.error());
    canary = std::max(canary, sessions_of(*minutes, Arm::canary, rule.sessions));
    control = std::max(control, sessions_of(*minutes, Arm::control, rule.sessions));
  }
  return rollout::AlarmSessions{std::string(rule.name), canary.first, canary.second, control.first,
                                control.second};
}

}  // namespace sotto::rollout_controller

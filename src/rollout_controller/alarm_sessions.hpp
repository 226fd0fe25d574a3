#pragma once

#include "base/result.hpp"
#include "rollout/criteria.hpp"
#include "telemetry/alarms.hpp"
#include "telemetry/series.hpp"

namespace sotto::rollout_controller {

/// How many different sessions of each arm an alarm is about, and how many were active: from the
/// metrics that count a session once in each five minutes (telemetry::AlarmRule::sessions), in the
/// periods on which the rule is evaluated at `now`. A rule's periods may be shorter than five
/// minutes; the five minutes around them count, up to the last period's end. The same session may
/// be in two of them, so they are not added: each arm has those five minutes with the most
/// sessions that the alarm is about, a lower bound. Nothing of before `from` counts. Errors: the
/// series'.
Result<rollout::AlarmSessions> alarm_sessions(const telemetry::AlarmRule& rule,
                                              telemetry::Series& series, UtcTime from, UtcTime now);

/// When the last period begins on which the rule is evaluated at `now`.
UtcTime last_period(const telemetry::AlarmRule& rule, UtcTime now);

}  // namespace sotto::rollout_controller

#include "telemetry/alarms.hpp"

#include <algorithm>
#include <array>

#include "base/overloaded.hpp"

namespace sotto::telemetry {

namespace {

using std::chrono::minutes;

constexpr std::array<AlarmRule, 5> guide = {{
    {"audio-transcription-latency-high", P95Of{Histogram::processing_latency}, 5000, false,
     minutes{5}, 2, 2, MissingData::not_breaching, "captions come more than 5 s late (p95)",
     Counter::sessions_late},
    {"audio-transcription-rate-limit-high", SumOf{Counter::partial_results_dropped}, 100, false,
     minutes{1}, 2, 2, MissingData::not_breaching,
     "more than 100 partial results a minute are dropped", Counter::sessions_dropping},
    {"audio-transcription-orphaned-results-high", MaximumOf{Histogram::orphaned_results_flushed},
     10, false, minutes{5}, 2, 2, MissingData::not_breaching,
     "a session had more than 10 results that never became final", Counter::sessions_orphaning},
    {"audio-transcription-transcribe-fallback", SumOf{Counter::transcribe_fallback_triggered}, 1,
     true, minutes{1}, 1, 1, MissingData::not_breaching,
     "a recogniser was silent and its session fell back to finals", Counter::sessions_falling_back},
    {"audio-transcription-lambda-errors", SumOf{Counter::session_errors}, 5, false, minutes{5}, 1,
     1, MissingData::not_breaching, "more than 5 errors in 5 minutes", Counter::sessions_failing},
}};

Datapoint value_of(const Statistic& statistic, const std::vector<Minute>& within) {
  if (within.empty()) return std::nullopt;
  const ArmSnapshot sum = total(within);
  const auto of = [&](Histogram histogram, double q) -> Datapoint {
    const QuantileSketch& sketch = sum[histogram];
    if (sketch.count() == 0) return std::nullopt;
    return sketch.quantile(q);
  };
  return std::visit(Overloaded{[&](const SumOf& of_counter) -> Datapoint {
                                 return static_cast<double>(sum[of_counter.counter]);
                               },
                               [&](const P95Of& p95) { return of(p95.histogram, 0.95); },
                               [&](const MaximumOf& maximum) { return of(maximum.histogram, 1); }},
                    statistic);
}

// The values of a rule's last periods that are over, oldest first.
Result<std::vector<Datapoint>> datapoints_of(const AlarmRule& rule, Series& series, UtcTime now) {
  const auto end = UtcTime{now.time_since_epoch() / rule.period * milliseconds(rule.period)};
  const auto begin = end - rule.period * rule.periods;
  const auto recorded = series.read(begin, end);
  if (!recorded) return tl::unexpected(recorded.error());
  std::vector<Datapoint> points;
  for (auto start = begin; start < end; start += rule.period) {
    std::vector<Minute> within;
    std::copy_if(recorded->begin(), recorded->end(), std::back_inserter(within),
                 [&](const Minute& minute) {
                   return minute.start >= start && minute.start < start + rule.period;
                 });
    points.push_back(value_of(rule.statistic, within));
  }
  return points;
}

}  // namespace

std::span<const AlarmRule> guide_alarms() { return guide; }

std::string_view to_string(AlarmState state) {
  switch (state) {
    case AlarmState::insufficient_data: return "INSUFFICIENT_DATA";
    case AlarmState::ok: return "OK";
    case AlarmState::alarm: return "ALARM";
  }
  return "INSUFFICIENT_DATA";
}

AlarmState evaluate(const AlarmRule& rule, std::span<const Datapoint> datapoints,
                    AlarmState before) {
  int breaching = 0, missing = 0;
  for (const Datapoint& point : datapoints) {
    if (!point) {
      ++missing;
      breaching += rule.missing == MissingData::breaching ? 1 : 0;
    } else {
      breaching += *point > rule.threshold || (rule.or_equal && *point == rule.threshold) ? 1 : 0;
    }
  }
  const bool none = missing == static_cast<int>(datapoints.size());
  if (none && rule.missing == MissingData::missing) return AlarmState::insufficient_data;
  if (missing > 0 && rule.missing == MissingData::ignore && breaching < rule.to_alarm)
    return before;
  return breaching >= rule.to_alarm ? AlarmState::alarm : AlarmState::ok;
}

AlarmBoard::AlarmBoard(std::span<const AlarmRule> rules) {
  for (const AlarmRule& rule : rules)
    alarms_.push_back({&rule, AlarmState::insufficient_data, {}, {}, 0});
}

Result<std::vector<AlarmChange>> AlarmBoard::evaluate(Series& series, UtcTime now) {
  std::vector<AlarmChange> changes;
  for (AlarmStatus& alarm : alarms_) {
    const auto points = datapoints_of(*alarm.rule, series, now);
    if (!points) return tl::unexpected(points.error());
    alarm.value = points->back();
    const AlarmState state = telemetry::evaluate(*alarm.rule, *points, alarm.state);
    if (state == alarm.state) continue;
    changes.push_back({alarm.rule, alarm.state, state, alarm.value, now});
    alarm.state = state;
    alarm.since = now;
    alarm.rung += state == AlarmState::alarm ? 1 : 0;
  }
  return changes;
}

}  // namespace sotto::telemetry

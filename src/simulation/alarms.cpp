#include "simulation/alarms.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace sotto::simulation {

namespace {

constexpr milliseconds period_length = std::chrono::minutes{5};
constexpr double dropped_a_minute = 100;
constexpr std::size_t five_seconds = 4;
static_assert(rollout::late_limits_ms[five_seconds] == 5000);

std::int64_t period_of(UtcTime time) { return time.time_since_epoch() / period_length; }

// Where they were not counted, as many as are to be expected.
std::uint64_t late_captions(const rollout::SessionOutcome& outcome) {
  if (!outcome.latency_p95_ms) return 0;
  if (outcome.late) return (*outcome.late)[five_seconds];
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(outcome.captions) *
                                                 share_later(*outcome.latency_p95_ms, 5000)));
}

}  // namespace

const std::vector<GuideAlarms::Alarm>& GuideAlarms::alarms() {
  static const std::vector<Alarm> known = {
      {"audio-transcription-latency-high", late, 2,
       [](const Period& period) { return period.late > 0.05 * period.captions; }},
      {"audio-transcription-rate-limit-high", dropping, 1,
       [](const Period& period) { return period.dropped > 5 * dropped_a_minute; }},
      {"audio-transcription-orphaned-results-high", orphaning, 2,
       [](const Period& period) { return period.orphaned > 10; }},
      {"audio-transcription-transcribe-fallback", fell_back, 1,
       [](const Period& period) { return period.fallbacks >= 1; }},
      {"audio-transcription-lambda-errors", failing, 1,
       [](const Period& period) { return period.errors > 5; }}};
  return known;
}

GuideAlarms::Period& GuideAlarms::at(std::int64_t period) {
  if (periods_.empty()) first_ = period;
  while (first_ + static_cast<std::int64_t>(periods_.size()) <= period) periods_.emplace_back();
  return periods_[static_cast<std::size_t>(std::max<std::int64_t>(0, period - first_))];
}

void GuideAlarms::began(const Session& session) {
  const rollout::SessionOutcome& outcome = session.outcome;
  const UtcTime from = outcome.began_at, to = std::max(from + milliseconds{1}, outcome.ended_at);
  const std::int64_t first = period_of(from), last = period_of(to);
  for (std::int64_t i = first; i <= last; ++i) {
    const UtcTime start{i * period_length};
    const milliseconds within = std::min(to, start + period_length) - std::max(from, start);
    const double part =
        static_cast<double>(within.count()) / static_cast<double>((to - from).count());
    const double minutes = std::chrono::duration<double, std::ratio<60>>(within).count();
    const double dropped = part * static_cast<double>(outcome.dropped);
    Period& period = at(i);
    period.sessions.push_back({sessions_, outcome.canary, 0});
    if (outcome.latency_p95_ms) period.captions += part * static_cast<double>(outcome.captions);
    period.dropped += dropped;
    if (dropped > dropped_a_minute * minutes) period.sessions.back().troubles |= dropping;
  }
  const auto spread = [&](std::uint64_t events, double Period::*count, Trouble trouble) {
    for (std::uint64_t i = 0; i < events; ++i) {
      Period& period = at(period_of(from + (to - from) * (2 * static_cast<std::int64_t>(i) + 1) /
                                               (2 * static_cast<std::int64_t>(events))));
      period.*count += 1;
      period.sessions.back().troubles |= trouble;
    }
  };
  spread(std::min<std::uint64_t>(late_captions(outcome), 10'000), &Period::late, late);
  spread(std::min<std::uint64_t>(outcome.errors, 1000), &Period::errors, failing);
  spread(std::min<std::uint64_t>(outcome.fallbacks, 1000), &Period::fallbacks, fell_back);
  Period& end = at(last);
  end.orphaned = std::max(end.orphaned, outcome.orphaned);
  if (outcome.orphaned > 10) end.sessions.back().troubles |= orphaning;
  ++sessions_;
}

const GuideAlarms::Period& GuideAlarms::past(int periods) const {
  static const Period none;
  const std::int64_t index = looked_until_ - periods - first_;
  const bool known = index >= 0 && index < static_cast<std::int64_t>(periods_.size());
  return known ? periods_[static_cast<std::size_t>(index)] : none;
}

bool GuideAlarms::look(UtcTime now) {
  const std::int64_t current = period_of(now);
  if (current == looked_until_) return false;
  looked_until_ = current;
  for (; first_ < current - 2 && !periods_.empty(); ++first_) periods_.pop_front();
  std::vector<std::string> on;
  for (const Alarm& alarm : alarms())
    if (alarm.breaches(past(1)) && (alarm.periods < 2 || alarm.breaches(past(2))))
      on.emplace_back(alarm.name);
  const bool any = !on.empty() || !on_.empty();
  on_ = std::move(on);
  return any;
}

rollout::AlarmSessions GuideAlarms::behind(std::string_view name) const {
  rollout::AlarmSessions counts;
  counts.alarm = name;
  const auto alarm = std::find_if(alarms().begin(), alarms().end(),
                                  [&](const Alarm& one) { return one.name == name; });
  if (alarm == alarms().end()) return counts;
  std::vector<Live> sessions = past(1).sessions;
  if (alarm->periods == 2) {
    std::vector<Live> both;
    std::merge(sessions.begin(), sessions.end(), past(2).sessions.begin(), past(2).sessions.end(),
               std::back_inserter(both),
               [](const Live& a, const Live& b) { return a.number < b.number; });
    sessions = std::move(both);
  }
  for (std::size_t i = 0; i < sessions.size();) {
    Live one = sessions[i];  // with the troubles of both periods
    for (; i < sessions.size() && sessions[i].number == one.number; ++i)
      one.troubles |= sessions[i].troubles;
    const std::uint64_t about = (one.troubles & alarm->trouble) != 0;
    (one.canary ? counts.canary_active : counts.control_active) += 1;
    (one.canary ? counts.canary : counts.control) += about;
  }
  return counts;
}

}  // namespace sotto::simulation

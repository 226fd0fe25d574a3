#include "simulation/alarms.hpp"

#include <algorithm>
#include <cmath>

namespace sotto::simulation {

namespace {

constexpr milliseconds period_length = std::chrono::minutes{5};

std::int64_t period_of(UtcTime time) { return time.time_since_epoch() / period_length; }

// The share of a session's captions that are later than five seconds, see caption_log_sd.
double share_late(double p95_ms) {
  const double z = (std::log(5000.0) - std::log(std::max(1.0, p95_ms))) / caption_log_sd + 1.64485;
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

}  // namespace

GuideAlarms::Period& GuideAlarms::at(std::int64_t period) {
  if (periods_.empty()) first_ = period;
  while (first_ + static_cast<std::int64_t>(periods_.size()) <= period) periods_.emplace_back();
  return periods_[static_cast<std::size_t>(std::max<std::int64_t>(0, period - first_))];
}

void GuideAlarms::began(const Session& session) {
  const rollout::SessionOutcome& outcome = session.outcome;
  const UtcTime from = outcome.began_at, to = std::max(from + milliseconds{1}, outcome.ended_at);
  const double late = outcome.latency_p95_ms ? share_late(*outcome.latency_p95_ms) : 0;
  for (std::int64_t i = period_of(from); i <= period_of(to); ++i) {
    const UtcTime start{i * period_length};
    const auto within = std::min(to, start + period_length) - std::max(from, start);
    const double part =
        static_cast<double>(within.count()) / static_cast<double>((to - from).count());
    Period& period = at(i);
    if (outcome.latency_p95_ms) {
      period.captions += part * static_cast<double>(outcome.captions);
      period.late += part * static_cast<double>(outcome.captions) * late;
    }
    period.dropped += part * static_cast<double>(outcome.dropped);
  }
  const auto spread = [&](std::uint64_t events, double Period::*count) {
    for (std::uint64_t i = 0; i < events; ++i)
      at(period_of(from + (to - from) * (2 * static_cast<std::int64_t>(i) + 1) /
                              (2 * static_cast<std::int64_t>(events)))).*
          count += 1;
  };
  spread(std::min<std::uint64_t>(outcome.errors, 1000), &Period::errors);
  spread(std::min<std::uint64_t>(outcome.fallbacks, 1000), &Period::fallbacks);
  Period& last = at(period_of(to));
  last.orphaned = std::max(last.orphaned, outcome.orphaned);
}

std::vector<std::string> GuideAlarms::alarms_of(const Period& before, const Period& last) const {
  const auto both = [&](auto breaches) { return breaches(before) && breaches(last); };
  std::vector<std::string> on;
  if (both([](const Period& period) { return period.late > 0.05 * period.captions; }))
    on.emplace_back("audio-transcription-latency-high");
  if (last.dropped > 5 * 100) on.emplace_back("audio-transcription-rate-limit-high");
  if (both([](const Period& period) { return period.orphaned > 10; }))
    on.emplace_back("audio-transcription-orphaned-results-high");
  if (last.fallbacks >= 1) on.emplace_back("audio-transcription-transcribe-fallback");
  if (last.errors > 5) on.emplace_back("audio-transcription-lambda-errors");
  return on;
}

bool GuideAlarms::look(UtcTime now) {
  const std::int64_t current = period_of(now);
  if (current == looked_until_) return false;
  looked_until_ = current;
  for (; first_ < current - 2 && !periods_.empty(); ++first_) periods_.pop_front();
  const auto past = [&](std::int64_t period) {
    const std::int64_t index = period - first_;
    const bool known = index >= 0 && index < static_cast<std::int64_t>(periods_.size());
    return known ? periods_[static_cast<std::size_t>(index)] : Period{};
  };
  std::vector<std::string> on = alarms_of(past(current - 2), past(current - 1));
  if (on == on_) return false;
  on_ = std::move(on);
  return true;
}

}  // namespace sotto::simulation

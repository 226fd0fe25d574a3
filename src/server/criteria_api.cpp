#include "server/criteria_api.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "control/flag_operations.hpp"
#include "server/tokens.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

using telemetry::Counter;
using telemetry::Distribution;

constexpr std::chrono::minutes window{60};
constexpr std::size_t versions_looked_at = 100;

json::value or_null(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object criterion_json(const rollout::Criterion& criterion) {
  return {
      {"name", criterion.name},
      {"title", criterion.title},
      {"unit", criterion.unit},
      {"limit", criterion.limit},
      {"canary", or_null(criterion.canary)},
      {"control", or_null(criterion.control)},
      {"interval", nullptr},
      {"samples", {{"canary", criterion.canary_samples}, {"control", criterion.control_samples}}},
      {"verdict", rollout::to_string(criterion.verdict)}};
}

}  // namespace

rollout::ArmFigures arm_figures(const std::vector<telemetry::Minute>& minutes, telemetry::Arm arm) {
  rollout::ArmFigures figures;
  const telemetry::ArmSnapshot all = telemetry::total(minutes, arm);
  const auto& latency = all[Distribution::processing_latency];
  figures.captions = latency.count();
  if (latency.count() > 0) figures.latency_p95_ms = latency.quantile(0.95);
  figures.finals = all[Counter::final_results_processed];
  figures.errors = all[Counter::session_errors];
  for (const telemetry::Minute& minute : minutes)
    figures.dropped_per_minute =
        std::max(figures.dropped_per_minute,
                 static_cast<double>(
                     minute.arms[static_cast<std::size_t>(arm)][Counter::partial_results_dropped]));
  const auto& orphaned = all[Distribution::orphaned_results_flushed];
  figures.sessions = orphaned.count();
  if (orphaned.count() > 0) figures.orphaned_per_session = orphaned.max();
  figures.fallbacks = all[Counter::transcribe_fallback_triggered];
  figures.thumbs_up = all[Counter::feedback_positive];
  figures.thumbs_neutral = all[Counter::feedback_neutral];
  figures.thumbs_down = all[Counter::feedback_negative];
  const auto& cost = all[Distribution::cost_per_listener_hour];
  if (cost.count() > 0) figures.cost_per_listener_hour = cost.mean() / 1e6;
  figures.cache_hits = all[Counter::translation_cache_hits];
  figures.cache_misses = all[Counter::translation_cache_misses];
  return figures;
}

// Since when the percentage is what it is: the oldest of the latest versions that have it.
json::object CriteriaApi::phase() const {
  const auto in_force = flag_.reader->current();
  const bool on = in_force->flag.enabled && !in_force->environment_off &&
                  in_force->source != rollout::Source::none;
  json::value since = nullptr;
  const auto versions =
      control::flag_history(*flag_.store, flag_.parameter_name, versions_looked_at);
  if (versions)
    for (const control::HistoryEntry& entry : *versions) {
      const auto flag = rollout::parse_flag(entry.revision.document);
      if (!flag || flag->enabled != in_force->flag.enabled ||
          flag->rollout_percentage != in_force->flag.rollout_percentage)
        break;
      since = json::string(format_utc(entry.revision.changed_at));
    }
  return {{"name", rollout::phase_of(on, in_force->flag.rollout_percentage)},
          {"percentage", on ? in_force->flag.rollout_percentage : 0},
          {"since", std::move(since)}};
}

Response CriteriaApi::handle(const Request& request) const {
  if (flag_.operator_token.empty() || !same_token(request.bearer, flag_.operator_token))
    return reply(
        Error{ErrorCode::permission_denied, "this needs the operator's token", "Authorization"});
  if (request.method != "GET") return not_allowed("GET");
  const UtcTime now = flag_.now();
  const auto minutes = series_->read(now - window, now + std::chrono::minutes{1});
  if (!minutes) return reply(minutes.error());
  rollout::Figures figures;
  figures.canary = arm_figures(*minutes, telemetry::Arm::canary);
  figures.control = arm_figures(*minutes, telemetry::Arm::control);
  for (const telemetry::AlarmStatus& alarm : monitor_->alarms())
    figures.alarms_on += alarm.state == telemetry::AlarmState::alarm ? 1 : 0;
  json::object phase = this->phase();
  figures.rollout_percentage = phase.at("percentage").to_number<int>();
  figures.enabled = figures.rollout_percentage > 0;
  const rollout::Judgement judgement = rollout::judge(figures);
  json::array criteria;
  for (const rollout::Criterion& criterion : judgement.criteria)
    criteria.push_back(criterion_json(criterion));
  std::size_t canary = 0, control = 0;
  for (const HostedSession& hosted : registry_->open()) ++(hosted.canary ? canary : control);
  return reply(200, {{"phase", std::move(phase)},
                     {"decision", rollout::to_string(judgement.advice)},
                     {"why", judgement.why},
                     {"taken_at", format_utc(now)},
                     {"window_minutes", window.count()},
                     {"live", {{"canary", canary}, {"control", control}}},
                     {"criteria", std::move(criteria)}});
}

}  // namespace sotto::server

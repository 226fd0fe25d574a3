#include "server/operator/telemetry_api.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <vector>

#include "server/operator/operator_right.hpp"
#include "telemetry/prometheus_text.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

using telemetry::Counter;
using telemetry::Histogram;

constexpr std::uint64_t most_minutes = 1440;

// One value a minute; null where the arm was not heard of, or `value` says so.
template <class Value>
json::array column(const std::vector<const telemetry::Minute*>& minutes, telemetry::Arm arm,
                   Value value) {
  json::array column;
  for (const telemetry::Minute* minute : minutes) {
    const telemetry::ArmSnapshot* seen =
        minute ? &minute->arms[static_cast<std::size_t>(arm)] : nullptr;
    const std::optional<double> number =
        seen && !seen->empty() ? value(*seen) : std::optional<double>();
    column.push_back(number ? json::value(*number) : json::value(nullptr));
  }
  return column;
}

json::object arm_series(const std::vector<const telemetry::Minute*>& minutes, telemetry::Arm arm) {
  using Number = std::optional<double>;
  const auto quantile = [&](Histogram which, double q, double per_unit) {
    return column(minutes, arm, [=](const telemetry::ArmSnapshot& seen) -> Number {
      if (seen[which].count() == 0) return {};
      return seen[which].quantile(q) / per_unit;
    });
  };
  const auto counter = [&](Counter which) {
    return column(minutes, arm, [=](const telemetry::ArmSnapshot& seen) -> Number {
      return static_cast<double>(seen[which]);
    });
  };
  const auto observations = [&](Histogram which) {
    return column(minutes, arm, [=](const telemetry::ArmSnapshot& seen) -> Number {
      return static_cast<double>(seen[which].count());
    });
  };
  json::object series;
  series["latency_p50_ms"] = quantile(Histogram::processing_latency, 0.50, 1);
  series["latency_p95_ms"] = quantile(Histogram::processing_latency, 0.95, 1);
  series["word_lag_p50_ms"] = quantile(Histogram::word_lag, 0.50, 1);
  series["word_lag_p95_ms"] = quantile(Histogram::word_lag, 0.95, 1);
  series["decision_latency_p95_ms"] = quantile(Histogram::decision_latency, 0.95, 1);
  series["errors"] = counter(Counter::session_errors);
  series["dropped"] = counter(Counter::partial_results_dropped);
  series["orphaned_max"] = quantile(Histogram::orphaned_results_flushed, 1, 1);
  series["fallbacks"] = counter(Counter::transcribe_fallback_triggered);
  series["cost_per_listener_hour"] =
      column(minutes, arm, [](const telemetry::ArmSnapshot& seen) -> Number {
        const auto& cost = seen[Histogram::cost_per_listener_hour];
        if (cost.count() == 0) return {};
        return cost.mean() / 1e6;
      });
  series["cache_hit_rate"] = column(minutes, arm, [](const telemetry::ArmSnapshot& seen) -> Number {
    const auto hits = static_cast<double>(seen[Counter::translation_cache_hits]);
    const auto misses = static_cast<double>(seen[Counter::translation_cache_misses]);
    if (hits + misses == 0) return {};
    return 100 * hits / (hits + misses);
  });
  series["captions"] = observations(Histogram::processing_latency);
  series["sessions"] = observations(Histogram::orphaned_results_flushed);
  return series;
}

}  // namespace

Response TelemetryApi::handle(const Request& request) const {
  if (request.method != "GET") return not_allowed("GET");
  if (request.path == "/metrics") return metrics();
  if (auto refused = refusal(flag_, request, access::Role::viewer)) return *std::move(refused);
  return request.path == "/v1/alarms" ? alarms() : series(request);
}

Response TelemetryApi::metrics() const {
  using telemetry::Gauge;
  std::vector<telemetry::GaugeSample> gauges;
  const auto gauge = [&](std::string_view name, std::string_view help, Gauge which) {
    for (const telemetry::Arm arm : telemetry::arms)
      gauges.push_back({name,
                        help,
                        {{"arm", telemetry::to_string(arm)}},
                        static_cast<double>(metrics_->at(arm, which))});
  };
  gauge("sotto_live_sessions", "Sessions that have not ended", Gauge::live_sessions);
  gauge("sotto_listeners", "Listeners of all sessions", Gauge::listeners);
  for (const telemetry::AlarmStatus& alarm : monitor_->alarms())
    gauges.push_back({"sotto_alarm_state",
                      "1 while an alarm is on, else 0",
                      {{"alarm", alarm.rule->name}},
                      alarm.state == telemetry::AlarmState::alarm ? 1.0 : 0.0});
  for (const telemetry::AlarmStatus& alarm : monitor_->alarms())
    gauges.push_back({"sotto_alarms_total",
                      "How often an alarm has gone off",
                      {{"alarm", alarm.rule->name}},
                      static_cast<double>(alarm.rung),
                      true});
  const auto in_force = flag_.reader->current();
  gauges.push_back({"sotto_flag_version",
                    "The version of the flag in force, 0 for none",
                    {},
                    static_cast<double>(in_force->version)});
  const bool on = in_force->flag.enabled && !in_force->environment_off &&
                  in_force->source != rollout::Source::none;
  gauges.push_back({"sotto_rollout_percentage",
                    "Of new sessions, 0 while the feature is off",
                    {},
                    on ? static_cast<double>(in_force->flag.rollout_percentage) : 0.0});
  if (recogniser_.takeovers)
    gauges.push_back({"sotto_recogniser_takeovers_total",
                      "Sessions that the standby recogniser has taken over",
                      {},
                      static_cast<double>(recogniser_.takeovers->load()),
                      true});
  const auto translations =
      translations_ ? translations_->counted() : telemetry::TranslationCounts::Counted{};
  for (const auto& [of, times] : translations)
    gauges.push_back({"sotto_translations_total",
                      "What came of asking each translator for a translation",
                      {{"engine", of.first}, {"outcome", of.second}},
                      static_cast<double>(times),
                      true});
  gauges.push_back({"sotto_not_stored",
                    "What is kept in memory because the session store cannot be written",
                    {},
                    static_cast<double>(not_stored_ ? not_stored_() : 0)});
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = telemetry::prometheus_text(environment_, metrics_->snapshot(), gauges);
  return response;
}

Response TelemetryApi::alarms() const {
  json::array all;
  for (const telemetry::AlarmStatus& alarm : monitor_->alarms()) {
    json::object one{{"name", alarm.rule->name},
                     {"state", telemetry::to_string(alarm.state)},
                     {"meaning", alarm.rule->meaning},
                     {"threshold", alarm.rule->threshold}};
    one["rung"] = alarm.rung;
    one["value"] = alarm.value ? json::value(*alarm.value) : json::value(nullptr);
    one["since"] =
        alarm.since == UtcTime{} ? json::value(nullptr) : json::value(format_utc(alarm.since));
    all.push_back(std::move(one));
  }
  return reply(200, {{"environment", environment_}, {"alarms", std::move(all)}});
}

Response TelemetryApi::series(const Request& request) const {
  std::uint64_t minutes = 60;
  if (const auto asked = request.query.find("minutes"); asked != request.query.end()) {
    const std::string& text = asked->second;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), minutes);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || minutes < 1 ||
        minutes > most_minutes)
      return reply(Error{ErrorCode::invalid_argument, "minutes must be from 1 to 1440", "minutes"});
  }
  const UtcTime now = flag_.now();
  const UtcTime to = std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes{1};
  const UtcTime from = to - std::chrono::minutes{minutes};
  const auto found = series_->read(from, to);
  if (!found) return reply(found.error());
  std::vector<const telemetry::Minute*> at(minutes, nullptr);
  for (const telemetry::Minute& minute : *found)
    at[static_cast<std::size_t>((minute.start - from) / std::chrono::minutes{1})] = &minute;
  json::array times;
  for (std::uint64_t i = 0; i < minutes; ++i)
    times.push_back(std::chrono::duration_cast<std::chrono::seconds>(
                        (from + std::chrono::minutes{i}).time_since_epoch())
                        .count());
  json::object arms;
  for (const telemetry::Arm arm : telemetry::arms)
    arms[telemetry::to_string(arm)] = arm_series(at, arm);
  return reply(200, {{"environment", environment_},
                     {"now", format_utc(now)},
                     {"step_seconds", 60},
                     {"times", std::move(times)},
                     {"arms", std::move(arms)}});
}

}  // namespace sotto::server

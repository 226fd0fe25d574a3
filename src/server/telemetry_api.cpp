#include "server/telemetry_api.hpp"

#include <boost/json.hpp>
#include <vector>

#include "server/tokens.hpp"
#include "telemetry/prometheus_text.hpp"

namespace sotto::server {

namespace json = boost::json;

Response TelemetryApi::handle(const Request& request) const {
  if (request.method != "GET") return not_allowed("GET");
  return request.path == "/metrics" ? metrics() : alarms(request);
}

Response TelemetryApi::metrics() const {
  using telemetry::Standing;
  std::vector<telemetry::Gauge> gauges;
  const auto standing = [&](std::string_view name, std::string_view help, Standing which) {
    for (const telemetry::Arm arm : telemetry::arms)
      gauges.push_back({name,
                        help,
                        {{"arm", telemetry::to_string(arm)}},
                        static_cast<double>(metrics_->at(arm, which))});
  };
  standing("sotto_live_sessions", "Sessions that have not ended", Standing::live_sessions);
  standing("sotto_listeners", "Listeners of all sessions", Standing::listeners);
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
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = telemetry::prometheus_text(environment_, metrics_->snapshot(), gauges);
  return response;
}

Response TelemetryApi::alarms(const Request& request) const {
  if (flag_.operator_token.empty() || !same_token(request.bearer, flag_.operator_token))
    return reply(
        Error{ErrorCode::permission_denied, "this needs the operator's token", "Authorization"});
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

}  // namespace sotto::server

#include <boost/json.hpp>
#include <cmath>

#include "rollout_controller/present_json.hpp"
#include "rollout_controller/rollout_json.hpp"
#include "rollout_controller/state_json.hpp"
#include "rollout_report/report.hpp"
#include "rollout_report/report_words.hpp"

namespace sotto::rollout_report {

namespace json = boost::json;
using rollout::EventKind;

namespace {

std::int64_t seconds(UtcTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

json::value rounded(const std::optional<double>& value, double per_unit) {
  return value ? json::value(std::round(*value * per_unit) / per_unit) : json::value(nullptr);
}

template <class Value>
json::array column(const std::vector<ReportStep>& steps, std::size_t arm, Value value) {
  json::array column;
  for (const ReportStep& step : steps)
    column.push_back(step.arms[arm].heard ? value(step.arms[arm]) : json::value(nullptr));
  return column;
}

json::object columns(const std::vector<ReportStep>& steps, std::size_t arm) {
  const auto of = [&](auto value) { return column(steps, arm, value); };
  return {{"latency_p50_ms", of([](const ArmStep& s) { return rounded(s.latency_p50_ms, 1); })},
          {"latency_p95_ms", of([](const ArmStep& s) { return rounded(s.latency_p95_ms, 1); })},
          {"word_lag_p50_ms", of([](const ArmStep& s) { return rounded(s.word_lag_p50_ms, 1); })},
          {"word_lag_p95_ms", of([](const ArmStep& s) { return rounded(s.word_lag_p95_ms, 1); })},
          {"errors", of([](const ArmStep& s) { return json::value(s.errors); })},
          {"fallbacks", of([](const ArmStep& s) { return json::value(s.fallbacks); })},
          {"dropped", of([](const ArmStep& s) { return json::value(s.dropped); })},
          {"orphaned_max", of([](const ArmStep& s) { return rounded(s.orphaned_max, 1); })},
          {"cost_per_listener_hour",
           of([](const ArmStep& s) { return rounded(s.cost_per_listener_hour, 1e4); })},
          {"cache_hit_rate", of([](const ArmStep& s) { return rounded(s.cache_hit_rate, 10); })}};
}

// Where the percentage changed: marks say nothing that a person wrote.
json::array marks(const ReportInput& input) {
  json::array marks;
  for (const ReportDecision& decision : input.decisions) {
    const rollout::RolloutEvent& event = decision.event;
    const bool changes = event.percentage_before != event.percentage_after ||
                         event.kind == EventKind::started || event.kind == EventKind::completed;
    if (!changes) continue;
    const std::string label = event.kind == EventKind::completed ? "done"
                              : event.kind == EventKind::disabled
                                  ? "off"
                                  : std::to_string(event.percentage_after) + " %";
    marks.push_back(json::object{{"at", seconds(event.at)}, {"label", label}});
  }
  return marks;
}

json::object limits(const ReportInput& input) {
  using rollout::Measure;
  json::object limits;
  if (!input.judged) return limits;
  const rollout::State& state = input.judged->standing.state;
  for (const rollout::Rule& rule : state.plan.phases[state.phase].rules)
    for (const Measure shown :
         {Measure::latency_p95, Measure::dropped, Measure::cost, Measure::cache_hit_rate})
      if (rule.measure == shown) limits[rollout::info(shown).name] = rule.limit;
  return limits;
}

json::object dots(const ReportSessions& sessions) {
  json::array canary, control;
  for (const ReportSessions::Dot& dot : sessions.dots())
    (dot.canary ? canary : control)
        .push_back(json::array{seconds(dot.ended_at), std::round(dot.latency_p95_ms)});
  return {
      {"each", sessions.each()}, {"canary", std::move(canary)}, {"control", std::move(control)}};
}

json::array criteria(const std::vector<rollout::Criterion>& all) {
  json::array criteria;
  for (const rollout::Criterion& criterion : all)
    criteria.push_back(rollout_controller::criterion_json(criterion));
  return criteria;
}

json::object paired(const rollout::PairedEvidence& evidence, double alpha) {
  const auto won = [&](const rollout::Moments& moments) {
    return json::object{
        {"mean_ms", moments.count > 0 ? json::value(moments.mean) : json::value(nullptr)},
        {"interval", json::value_from(mean_interval(moments, alpha))}};
  };
  return {{"sessions", evidence.won_ms.count},
          {"words", evidence.words},
          {"taken_back", evidence.taken_back},
          {"earlier_mean", won(evidence.won_ms)},
          {"earlier_p95", won(evidence.won_p95_ms)}};
}

json::object arm(const rollout::ArmEvidence& evidence, std::uint64_t not_by_bucket) {
  return {{"ended", evidence.sessions},
          {"with_error", evidence.count(rollout::Trouble::failed)},
          {"not_by_bucket", not_by_bucket}};
}

json::array decisions(const ReportInput& input) {
  json::array all;
  for (const ReportDecision& decision : input.decisions)
    all.push_back(json::object{
        {"record", decision.record},
        {"hash", decision.hash.empty() ? json::value(nullptr) : json::value(decision.hash)},
        {"same_again", decision.same_again ? json::value(*decision.same_again) : nullptr},
        {"event", rollout_controller::event_json(decision.event)},
        {"criteria", criteria(decision.criteria)}});
  return all;
}

json::value newest(const ReportInput& input) {
  if (input.newest_hash.empty()) return nullptr;
  return {{"record", input.newest_record}, {"hash", input.newest_hash}};
}

json::value alarms(const ReportInput& input) {
  if (!input.alarms) return nullptr;
  json::array on;
  for (const telemetry::AlarmStatus& alarm : *input.alarms)
    if (alarm.state == telemetry::AlarmState::alarm) on.push_back(json::value(alarm.rule->name));
  return on;
}

}  // namespace

json::object chart_json(const ReportInput& input) {
  json::array times;
  for (const ReportStep& step : input.steps) times.push_back(seconds(step.start));
  json::object arms;
  for (std::size_t i = 0; i < telemetry::arms.size(); ++i)
    arms[telemetry::to_string(telemetry::arms[i])] = columns(input.steps, i);
  return {{"from", seconds(input.from)},
          {"to", seconds(input.now)},
          {"step_seconds", std::chrono::seconds(input.step).count()},
          {"times", std::move(times)},
          {"arms", std::move(arms)},
          {"marks", marks(input)},
          {"limits", limits(input)},
          {"sessions", dots(input.sessions)}};
}

json::object report_json(const ReportInput& input) {
  const bool range = input.period == ReportPeriod::range;  // it has no measurements of its own
  const rollout::Evidence& evidence = input.sessions.evidence();
  const double alpha =
      input.judged ? input.judged->standing.state.plan.alpha : rollout::Plan{}.alpha;
  json::value flag = nullptr;
  if (input.flag)
    flag = json::object{{"version", input.flag->version},
                        {"enabled", input.flag->enabled},
                        {"percentage", input.flag->percentage}};
  const ReportSessions& sessions = input.sessions;
  return {{"environment", input.environment},
          {"parameter_name", input.parameter_name},
          {"period", to_string(input.period)},
          {"from", format_utc(input.from)},
          {"to", format_utc(input.now)},
          {"headline", report_headline(input).text},
          {"flag", std::move(flag)},
          {"rollout",
           input.judged ? json::value(rollout_controller::rollout_json(*input.judged)) : nullptr},
          {"criteria", input.judged ? criteria(input.judged->criteria) : json::array()},
          {"decisions", decisions(input)},
          {"decisions_left_out", input.decisions_left_out},
          {"newest", newest(input)},
          {"paired", range ? json::value(nullptr)
                           : json::value{{"delivered", paired(evidence.delivered, alpha)},
                                         {"forecast", paired(evidence.forecast, alpha)}}},
          {"sessions",
           range ? json::value(nullptr)
                 : json::value{{"canary", arm(evidence.canary, sessions.not_by_bucket(true))},
                               {"control", arm(evidence.control, sessions.not_by_bucket(false))}}},
          {"alarms_on", alarms(input)},
          {"series", range ? json::value(nullptr) : json::value(chart_json(input))}};
}

}  // namespace sotto::rollout_report

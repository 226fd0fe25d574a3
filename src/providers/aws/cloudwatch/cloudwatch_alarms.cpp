#include "providers/aws/cloudwatch/cloudwatch_alarms.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <cmath>
#include <map>
#include <utility>

#include "json/members.hpp"
#include "providers/aws/cloudwatch/metric_data.hpp"

namespace sotto::providers::aws {

namespace json = boost::json;
using rollout::AlarmSessions;
using telemetry::AlarmRule;
using telemetry::Arm;

namespace {

constexpr std::chrono::seconds good_for{30};
constexpr CallOptions quick{std::chrono::seconds{3}};
constexpr int most_pages = 5;  // of a hundred alarms each
constexpr std::chrono::minutes counted_in{5};
constexpr std::string_view active = "SessionsActive";

// The counter of the sessions that an alarm is about.
struct CounterOf {
  std::string_view alarm, metric;
};
constexpr std::array<CounterOf, 5> counters = {
    {{"audio-transcription-latency-high", "SessionsLate"},
     {"audio-transcription-rate-limit-high", "SessionsDropping"},
     {"audio-transcription-orphaned-results-high", "SessionsOrphaning"},
     {"audio-transcription-transcribe-fallback", "SessionsFallingBack"},
     {"audio-transcription-lambda-errors", "SessionsFailing"}}};

std::string_view counter_of(std::string_view alarm) {
  const auto known = std::find_if(counters.begin(), counters.end(),
                                  [&](const CounterOf& counter) { return counter.alarm == alarm; });
  return known == counters.end() ? std::string_view{} : known->metric;
}

const json::array* array_of(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member ? member->if_array() : nullptr;
}

// The arm that some dimensions name; empty: none.
std::string arm_in(const json::array* dimensions) {
  if (!dimensions) return "";
  for (const json::value& value : *dimensions) {
    const json::object* dimension = value.if_object();
    if (dimension && sotto::json::text_member(*dimension, "Name") == "arm")
      return sotto::json::text_member(*dimension, "Value").value_or("");
  }
  return "";
}

// Of an alarm on one metric, or of the metrics of an expression: the first arm that is named.
std::string arm_of(const json::object& alarm) {
  if (auto arm = arm_in(array_of(alarm, "Dimensions")); !arm.empty()) return arm;
  const json::array* metrics = array_of(alarm, "Metrics");
  if (!metrics) return "";
  for (const json::value& value : *metrics) {
    const json::object* query = value.if_object();
    const json::value* stat = query ? query->if_contains("MetricStat") : nullptr;
    const json::value* metric =
        stat && stat->is_object() ? stat->get_object().if_contains("Metric") : nullptr;
    if (!metric || !metric->is_object()) continue;
    if (auto arm = arm_in(array_of(metric->get_object(), "Dimensions")); !arm.empty()) return arm;
  }
  return "";
}

// A rule's two alarms as CloudWatch has them; none: there is no such alarm.
struct States {
  std::optional<bool> both, canary;
};

// Each five minutes' sum, by when they begin.
using Sums = std::map<UtcTime, std::uint64_t>;

Sums sums_of(const MetricPoints& points) {
  Sums sums;
  for (const MetricPoint& point : points)
    sums[point.at] = static_cast<std::uint64_t>(std::llround(std::max(0.0, point.value)));
  return sums;
}

// Of the five minutes with the most of those that it is about: how many, and of how many.
std::pair<std::uint64_t, std::uint64_t> most(const Sums& about, const Sums& live) {
  std::pair<std::uint64_t, std::uint64_t> most{0, 0};
  for (const auto& [at, of] : live) {
    const auto found = about.find(at);
    const std::uint64_t count = found == about.end() ? 0 : std::min(found->second, of);
    if (count > most.first || (count == most.first && of > most.second)) most = {count, of};
  }
  return most;
}

}  // namespace

std::string alarm_name(std::string_view rule, bool canary_alone, std::string_view environment) {
  std::string name(rule);
  if (canary_alone) name += "-canary";
  if (environment != "prod") name += "-" + std::string(environment);
  return name;
}

CloudWatchAlarms::CloudWatchAlarms(std::shared_ptr<Client> client, std::string environment,
                                   std::function<void(const std::optional<Error>&)> on_problem)
    : client_(std::move(client)),
      environment_(std::move(environment)),
      on_problem_(std::move(on_problem)) {}

Result<AlarmsOfCloudWatch> CloudWatchAlarms::read(UtcTime now) {
  const std::lock_guard lock(mutex_);
  if (read_at_ && now >= *read_at_ && now - *read_at_ < good_for) return last_;
  read_at_ = now;
  last_ = states();
  std::optional<Error> problem;
  if (!last_)
    problem = last_.error();
  else if (const auto counted = count_sessions(*last_, now); !counted)
    problem = counted.error();
  tell(problem);
  return last_;
}

void CloudWatchAlarms::tell(const std::optional<Error>& problem) {
  if (std::exchange(failing_, problem.has_value()) != problem.has_value()) on_problem_(problem);
}

Result<AlarmsOfCloudWatch> CloudWatchAlarms::states() const {
  std::map<std::string, States*> by_name;
  std::vector<States> found(telemetry::guide_alarms().size());
  json::array names;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const bool canary : {false, true}) {
      const auto name = alarm_name(telemetry::guide_alarms()[i].name, canary, environment_);
      by_name[name] = &found[i];
      names.emplace_back(name);
    }
  json::object input{{"AlarmNames", std::move(names)},
                     {"AlarmTypes", json::array{"MetricAlarm"}},
                     {"MaxRecords", 100}};
  for (int page = 0;; ++page) {
    const auto answer = client_->call(services::cloudwatch, "DescribeAlarms", input, quick);
    if (!answer) return tl::unexpected(answer.error());
    const json::array* alarms = array_of(*answer, "MetricAlarms");
    if (!alarms || page == most_pages)
      return fail(ErrorCode::internal,
                  "CloudWatch DescribeAlarms: the answer's MetricAlarms cannot be read",
                  "MetricAlarms");
    for (const json::value& value : *alarms) {
      const json::object* alarm = value.if_object();
      const auto known =
          alarm ? by_name.find(sotto::json::text_member(*alarm, "AlarmName").value_or(""))
                : by_name.end();
      if (known == by_name.end()) continue;
      const bool on = sotto::json::text_member(*alarm, "StateValue") == "ALARM";
      const std::string arm = arm_of(*alarm);
      if (arm == telemetry::to_string(Arm::canary))
        known->second->canary = on;
      else if (arm.empty())
        known->second->both = on;
    }
    const auto next = sotto::json::text_member(*answer, "NextToken");
    if (!next || next->empty()) break;
    input["NextToken"] = *next;
  }
  AlarmsOfCloudWatch alarms;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string name(telemetry::guide_alarms()[i].name);
    if (found[i].both.value_or(false)) alarms.on.push_back(name);
    if (found[i].canary.value_or(found[i].both.value_or(false))) alarms.canary_on.push_back(name);
  }
  return alarms;
}

Result<> CloudWatchAlarms::count_sessions(AlarmsOfCloudWatch& alarms, UtcTime now) const {
  std::vector<const AlarmRule*> on;
  std::chrono::minutes looked_at{0};
  for (const AlarmRule& rule : telemetry::guide_alarms()) {
    const auto is_in = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), rule.name) != names.end();
    };
    if ((!is_in(alarms.on) && !is_in(alarms.canary_on)) || counter_of(rule.name).empty()) continue;
    on.push_back(&rule);
    looked_at = std::max(looked_at, rule.period * rule.periods);
  }
  if (on.empty()) return {};
  const auto five = [](UtcTime time) {
    return UtcTime{time.time_since_epoch() / milliseconds(counted_in) * milliseconds(counted_in)};
  };
  // Those that have just ended, as the alarm has looked at them, and those that have begun.
  MetricRequest request{
      environment_, five(now - looked_at) - counted_in, five(now) + counted_in, {}};
  for (const Arm arm : telemetry::arms) {
    request.queries.push_back({arm, active, "Sum", counted_in});
    for (const AlarmRule* rule : on)
      request.queries.push_back({arm, counter_of(rule->name), "Sum", counted_in});
  }
  const auto points = read_metric_data(*client_, request);
  if (!points) return tl::unexpected(points.error());
  const std::size_t control = on.size() + 1;
  const Sums canary_live = sums_of((*points)[0]), control_live = sums_of((*points)[control]);
  if (canary_live.empty() && control_live.empty()) return {};  // nobody puts them
  for (std::size_t i = 0; i < on.size(); ++i) {
    const auto canary = most(sums_of((*points)[1 + i]), canary_live),
               others = most(sums_of((*points)[control + 1 + i]), control_live);
    alarms.sessions.push_back(
        {std::string(on[i]->name), canary.first, canary.second, others.first, others.second});
  }
  return {};
}

}  // namespace sotto::providers::aws

#include "providers/aws/cloudwatch/metric_data.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "json/members.hpp"
#include "telemetry/emf.hpp"

namespace sotto::providers::aws {

namespace json = boost::json;

namespace {

constexpr std::size_t most_queries = 500;
constexpr int most_pages = 20;
constexpr std::string_view call_name = "CloudWatch GetMetricData";

tl::unexpected<Error> wrong(ErrorCode code, const std::string& what, std::string field) {
  return fail(code, std::string(call_name) + ": " + what, std::move(field));
}

tl::unexpected<Error> malformed(std::string field) {
  return wrong(ErrorCode::internal, "the answer's " + field + " cannot be read", field);
}

std::string id_of(std::size_t query) { return "q" + std::to_string(query); }

std::int64_t seconds_of(UtcTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

json::object input_of(const MetricRequest& request) {
  json::array queries;
  for (std::size_t i = 0; i < request.queries.size(); ++i) {
    const MetricQuery& query = request.queries[i];
    const json::array dimensions{
        json::object{{"Name", "environment"}, {"Value", request.environment}},
        json::object{{"Name", "arm"}, {"Value", telemetry::to_string(query.arm)}}};
    queries.push_back(json::object{{"Id", id_of(i)},
                                   {"MetricStat",
                                    {{"Metric",
                                      {{"Namespace", telemetry::metric_namespace},
                                       {"MetricName", query.metric},
                                       {"Dimensions", dimensions}}},
                                     {"Period", std::chrono::seconds(query.period).count()},
                                     {"Stat", query.statistic}}}});
  }
  return {{"MetricDataQueries", std::move(queries)},
          {"StartTime", seconds_of(request.from)},
          {"EndTime", seconds_of(request.to)},
          {"ScanBy", "TimestampAscending"}};
}

const json::array* array_of(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member ? member->if_array() : nullptr;
}

std::optional<double> number_of(const json::value& value) {
  json::error_code error;
  const auto number = value.to_number<double>(error);
  if (error || !std::isfinite(number) || std::abs(number) > 1e15) return std::nullopt;
  return number;
}

// What the pages say, put together.
class Answer {
 public:
  explicit Answer(const MetricRequest& request)
      : request_(&request), points_(request.queries.size()), statuses_(request.queries.size()) {}

  Result<> take(const json::object& page) {
    if (const json::array* messages = array_of(page, "Messages"); messages && !messages->empty())
      return wrong(ErrorCode::unavailable, "it says " + message_of(messages->front()), "Messages");
    const json::array* results = array_of(page, "MetricDataResults");
    if (!results) return malformed("MetricDataResults");
    for (const json::value& result : *results)
      if (const auto taken = take_result(result.if_object()); !taken) return taken;
    return {};
  }

  // Once there are no more pages.
  Result<std::vector<MetricPoints>> finish() {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (statuses_[i] != "Complete") return incomplete(i);
      std::sort(points_[i].begin(), points_[i].end(),
                [](const MetricPoint& a, const MetricPoint& b) { return a.at < b.at; });
    }
    return std::move(points_);
  }

 private:
  static std::string message_of(const json::value& message) {
    const json::object* object = message.if_object();
    const auto part = [&](const char* name) {
      return object ? sotto::json::text_member(*object, name).value_or("").substr(0, 200)
                    : std::string();
    };
    return part("Code") + " " + part("Value");
  }

  Result<> take_result(const json::object* result) {
    if (!result) return malformed("MetricDataResults");
    const auto id = sotto::json::text_member(*result, "Id");
    std::size_t query = 0;
    while (query < points_.size() && id != id_of(query)) ++query;
    if (query == points_.size()) return malformed("Id");
    const json::array *times = array_of(*result, "Timestamps"),
                      *values = array_of(*result, "Values");
    if (!times || !values || times->size() != values->size()) return malformed("Timestamps");
    statuses_[query] = sotto::json::text_member(*result, "StatusCode").value_or("");
    for (std::size_t i = 0; i < times->size(); ++i) {
      const auto at = number_of(times->at(i)), value = number_of(values->at(i));
      if (!at || !(value || values->at(i).is_null())) return malformed("Values");
      if (value) points_[query].push_back({time_of(*at), *value});
    }
    return {};
  }

  static UtcTime time_of(double seconds) {
    return UtcTime{milliseconds{std::llround(seconds * 1e3)}};
  }

  tl::unexpected<Error> incomplete(std::size_t i) const {
    const MetricQuery& query = request_->queries[i];
    const std::string status = statuses_[i].empty() ? "nothing" : statuses_[i];
    const ErrorCode code =
        status == "Forbidden" ? ErrorCode::permission_denied : ErrorCode::unavailable;
    return wrong(code,
                 "of " + std::string(query.statistic) + " of " + std::string(query.metric) +
                     " it gives " + status.substr(0, 40) + ", not Complete",
                 "StatusCode");
  }

  const MetricRequest* const request_;
  std::vector<MetricPoints> points_;
  std::vector<std::string> statuses_;
};

Result<> validate(const MetricRequest& request) {
  const std::size_t queries = request.queries.size();
  if (queries == 0 || queries > most_queries)
    return wrong(ErrorCode::invalid_argument,
                 std::to_string(queries) + " queries, must be 1 to " + std::to_string(most_queries),
                 "MetricDataQueries");
  if (request.from >= request.to)
    return wrong(ErrorCode::invalid_argument,
                 "StartTime is " + format_utc(request.from) + ", must be before EndTime " +
                     format_utc(request.to),
                 "StartTime");
  return {};
}

}  // namespace

Result<std::vector<MetricPoints>> read_metric_data(Client& client, const MetricRequest& request) {
  if (const auto valid = validate(request); !valid) return tl::unexpected(valid.error());
  CallOptions options;
  options.deadline = std::chrono::seconds{3};
  json::object input = input_of(request);
  Answer answer(request);
  for (int page = 0; page < most_pages; ++page) {
    const auto got = client.call(services::cloudwatch, "GetMetricData", input, options);
    if (!got) return tl::unexpected(got.error());
    if (const auto taken = answer.take(*got); !taken) return tl::unexpected(taken.error());
    const auto next = sotto::json::text_member(*got, "NextToken");
    if (!next || next->empty()) return answer.finish();
    input["NextToken"] = *next;
  }
  return wrong(ErrorCode::resource_exhausted,
               "the answer has more than " + std::to_string(most_pages) + " pages", "NextToken");
}

}  // namespace sotto::providers::aws

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "providers/aws/client/client.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::providers::aws {

/// One statistic of one of our metrics, of one arm.
struct MetricQuery {
  telemetry::Arm arm = telemetry::Arm::canary;
  std::string_view metric = {};     ///< CloudWatch's name of it
  std::string_view statistic = {};  ///< Sum, SampleCount, Maximum, p95...
  std::chrono::minutes period{1};   ///< of each datapoint, up to a day
};

/// What is asked of CloudWatch at once: the datapoints of [from, to), both whole minutes. The first
/// period begins at `from`.
struct MetricRequest {
  std::string_view environment = {};
  UtcTime from{}, to{};
  std::vector<MetricQuery> queries = {};
};

/// A period's value; `at` is when the period begins.
struct MetricPoint {
  UtcTime at{};
  double value = 0;
  friend bool operator==(const MetricPoint&, const MetricPoint&) = default;
};
using MetricPoints = std::vector<MetricPoint>;

/// Asks GetMetricData, page after page, and gives each query's datapoints in order of time. A
/// period without data has none, and a metric that does not exist has no datapoints at all:
/// CloudWatch does not tell the two apart.
///
/// Whatever may be incomplete is an error: `unavailable` where CloudWatch says of a metric
/// PartialData or InternalError and has no further page, where it adds a message to the whole, or
/// leaves a metric out; `permission_denied` for Forbidden; `resource_exhausted` where it throttles
/// (see retry.hpp), or gives more than 20 pages; `invalid_argument` for none or more than 500
/// queries, or a time that is empty; `internal` for an answer that is not what the reference says.
/// Else as Client. Blocks for 3 s a page at the most. Thread-safe.
///
/// Limits: 500 metrics a request, 100,800 datapoints a page, and by the age of `from`: periods of
/// 1 minute for 15 days, multiples of 5 for 63 days, of 60 for 455. Source:
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
Result<std::vector<MetricPoints>> read_metric_data(Client& client, const MetricRequest& request);

}  // namespace sotto::providers::aws

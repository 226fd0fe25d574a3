#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "providers/aws/client/client.hpp"
#include "providers/aws/cloudwatch/metric_data.hpp"
#include "rollout/criteria.hpp"

namespace sotto::providers::aws {

/// The distribution of latency in one part of a period, in ms.
struct LatencyPart {
  std::uint64_t count = 0;
  double p50 = 0, p95 = 0, p99 = 0;
};

/// The lowest known upper bound on the p95 of all parts together; percentiles of parts cannot be
/// averaged. For one part it is that part's p95. For several it is at most the worst p95, and less
/// if the part with the worst p95 is so small that the others' p99 decide. Nothing without values.
/// Pure.
std::optional<double> p95_at_most(std::span<const LatencyPart> parts);

/// The metrics of both arms of a whole fleet: of all hosts and functions of an environment that
/// send metrics to CloudWatch (telemetry::emf_lines(), CloudWatchMetrics).
///
/// - The newest two minutes are left out, because not every host has sent them yet. Metrics that
///   are sent up to an hour late are included, because each reading covers the whole time again.
/// - Recent: the hour before that, as one period; of a phase that began since, only from its first
///   whole minute on.
/// - Since the phase began: days from its beginning, and the rest of the last day as one period.
///   CloudWatch's longest documented period is a day, 86,400 s. Counts are added; the p95 is
///   p95_at_most() of the days. A time more than 15 (or 63) days ago is rounded up to the next
///   whole 5 minutes (or hour).
/// - The worst minute is the worst Sum of one minute, of at most the last 15 days: CloudWatch has
///   no older minutes.
/// - If CloudWatch has no metrics of an arm, the arm has no figures, and no criterion on them
///   passes. If it has some counters of an arm and not others, that is an error.
///
/// Because each requested metric costs, an answer is cached for a minute, and one that goes back
/// more than the hour for five minutes. After an error there is no request for 30 s. Needs
/// cloudwatch:GetMetricData, which supports no resource narrower than `*`.
///
/// Sources: as read_metric_data(); periods in "Metrics concepts",
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
class CloudWatchFigures {
 public:
  /// `on_problem` is called on the reading thread, once per failure, and without an error when
  /// reading succeeds again.
  CloudWatchFigures(std::shared_ptr<Client> client, std::string environment,
                    std::function<void(const std::optional<Error>&)> on_problem);

  /// The figures at `now`: of the last hour, and since `began_at`, at most of the last `at_most`.
  /// Errors: those of read_metric_data(); `unavailable` if some of an arm's counters are missing.
  /// Blocks for up to 3 s per request, and usually makes two; the first reading of a phase makes
  /// one more for each three days of it. Thread-safe.
  Result<rollout::WindowFigures> read(UtcTime began_at, std::chrono::hours at_most, UtcTime now);

 private:
  /// An hour of minutes.
  struct Hour {
    std::array<std::optional<double>, 2> dropped = {};  ///< by arm: in its worst minute
    std::optional<UtcTime> active = {};                 ///< the newest minute with finals
  };
  /// What is known of the time since a phase began.
  struct Whole {
    UtcTime began_at{};
    std::chrono::hours at_most{};
    std::map<UtcTime, Hour> hours = {};
    UtcTime minutes_until{};  ///< those before have been read
    std::optional<UtcTime> read_at = {}, recent_at = {};
    rollout::Figures figures = {};
    rollout::WindowFigures recent = {};  ///< without `whole`
  };

  Result<rollout::WindowFigures> read_due(Whole& whole, UtcTime now);
  Result<> read_recent(Whole& whole, UtcTime now);
  Result<> read_whole(Whole& whole, UtcTime now);
  Result<> read_minutes(Whole& whole, UtcTime from, UtcTime until);
  Whole& whole_of(UtcTime began_at, std::chrono::hours at_most);

  // constant after construction
  const std::shared_ptr<Client> client_;
  const std::string environment_;
  const std::function<void(const std::optional<Error>&)> on_problem_;

  // guarded by the mutex
  std::mutex mutex_;
  std::list<Whole> wholes_;  ///< the latest first
  UtcTime failed_at_{};
  std::optional<Error> problem_;
};

}  // namespace sotto::providers::aws

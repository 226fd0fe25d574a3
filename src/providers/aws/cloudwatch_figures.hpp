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
#include "providers/aws/client.hpp"
#include "providers/aws/metric_data.hpp"
#include "rollout/criteria.hpp"

namespace sotto::providers::aws {

/// How latency is spread in a part of a time, in ms.
struct LatencyPart {
  std::uint64_t count = 0;
  double p50 = 0, p95 = 0, p99 = 0;
};

/// The least value that the p95 of all parts together is known not to exceed: percentiles of parts
/// have no mean. Of one part it is its p95; of several at most the worst p95, and less where the
/// part that has it is so small that the others' p99 settle it. Nothing without values. Pure.
std::optional<double> p95_at_most(std::span<const LatencyPart> parts);

/// What the metrics of a whole fleet say of both arms: of every host and function that puts them
/// into CloudWatch (telemetry::emf_lines(), CloudWatchMetrics), under an environment's name.
///
/// - The newest two minutes are left out: not everybody has put theirs yet. Who puts them up to an
///   hour late is found, as each reading is of the whole time again.
/// - Recently: the hour before that, as one period.
/// - Since the phase began: in days from its beginning, and the rest of the last one as one period.
///   CloudWatch's longest documented period is a day, 86,400 s. Counts are added up, p95 is
///   p95_at_most() of the days. What begins more than 15, or 63, days ago begins at the next whole
///   5 minutes, or hour.
/// - The worst minute is the worst Sum of one minute, of the last 15 days at the most: CloudWatch
///   has no minutes that are older.
/// - An arm of which CloudWatch has nothing has no figures, and no criterion passes by them. One of
///   which it has some counters and not others is an error.
///
/// What was read is answered for a minute, what goes back further than the hour for five: each
/// metric that is asked for costs. After an error it is not asked for 30 s. Needs
/// cloudwatch:GetMetricData, which knows no narrower resource than all.
///
/// Sources: as read_metric_data(); periods in "Metrics concepts",
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
class CloudWatchFigures {
 public:
  /// `on_problem` is called by the thread that reads, once until reading succeeds again; without
  /// an error when it does.
  CloudWatchFigures(std::shared_ptr<Client> client, std::string environment,
                    std::function<void(const std::optional<Error>&)> on_problem);

  /// The figures at `now` of the last hour, and since `began_at`, of the last `at_most` at the
  /// most. Errors: those of read_metric_data(); `unavailable` where some of an arm's counters are
  /// missing. Blocks for 3 s a call, and mostly makes two; the first reading of a phase makes one
  /// more for each three days of it. Thread-safe.
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
    std::optional<UtcTime> read_at = {};
    rollout::Figures figures = {};
  };

  Result<rollout::WindowFigures> read_due(Whole& whole, UtcTime now);
  Result<> read_recent(UtcTime now);
  Result<> read_whole(Whole& whole, UtcTime now);
  Result<> read_minutes(Whole& whole, UtcTime from, UtcTime until);
  Whole& whole_of(UtcTime began_at, std::chrono::hours at_most);

  // constant after construction
  const std::shared_ptr<Client> client_;
  const std::string environment_;
  const std::function<void(const std::optional<Error>&)> on_problem_;

  // guarded by the mutex
  std::mutex mutex_;
  std::optional<UtcTime> recent_at_;
  rollout::WindowFigures recent_;  ///< without `whole`
  std::list<Whole> wholes_;        ///< the latest first
  UtcTime failed_at_{};
  std::optional<Error> problem_;
};

}  // namespace sotto::providers::aws

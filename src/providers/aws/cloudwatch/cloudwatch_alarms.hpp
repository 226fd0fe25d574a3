#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "providers/aws/client/client.hpp"
#include "rollout/criteria.hpp"
#include "telemetry/alarms.hpp"

namespace sotto::providers::aws {

/// The guide's alarms of an environment that are on in CloudWatch, by the names of
/// telemetry::guide_alarms().
struct AlarmsOfCloudWatch {
  std::vector<std::string> on;         ///< over both arms
  std::vector<std::string> canary_on;  ///< over the canary alone
  /// Of each of these; of those whose counters CloudWatch has not, none.
  std::vector<rollout::AlarmSessions> sessions;
  friend bool operator==(const AlarmsOfCloudWatch&, const AlarmsOfCloudWatch&) = default;
};

/// The name that an alarm has in CloudWatch: in production the guide's, elsewhere with the
/// environment at its end; that of the canary alone with "-canary" before it.
std::string alarm_name(std::string_view rule, bool canary_alone, std::string_view environment);

/// Asks CloudWatch for the states of its own alarms, which cover all hosts and functions.
///
/// - An alarm is over both arms, or over the canary alone where its metrics have the dimension
///   `arm` = `canary` (`infra/` makes one of each). Where there is none over the canary alone, the
///   one over both arms stands for it; how many sessions of each arm it is about then says whom it
///   concerns. An alarm that does not exist is not on.
/// - For an alarm that is on, the sessions are the sums of counters that each session adds to once
///   in an aligned five minutes (`SessionsActive`, `SessionsLate` and so on). Sums of several five
///   minutes would count a session several times. So it is the five minutes with the most of them,
///   out of the alarm's last evaluated periods, which is never more than the number of different
///   sessions. If these cannot be read, the alarm is on without them.
///
/// The answer is cached for 30 s, and so is an error. Needs cloudwatch:DescribeAlarms and
/// cloudwatch:GetMetricData. Sources:
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html, and as
/// read_metric_data().
class CloudWatchAlarms {
 public:
  /// `on_problem` is called on the reading thread, once per failure, and without an error when
  /// reading succeeds again.
  CloudWatchAlarms(std::shared_ptr<Client> client, std::string environment,
                   std::function<void(const std::optional<Error>&)> on_problem);

  /// The alarms that are on. Errors: those of Client, where the alarms' states cannot be read.
  /// Blocks for 3 s per request, of which it makes one, and one more while an alarm is on.
  /// Thread-safe.
  Result<AlarmsOfCloudWatch> read(UtcTime now);

 private:
  Result<AlarmsOfCloudWatch> states() const;
  Result<> count_sessions(AlarmsOfCloudWatch& alarms, UtcTime now) const;
  void tell(const std::optional<Error>& problem);

  // constant after construction
  const std::shared_ptr<Client> client_;
  const std::string environment_;
  const std::function<void(const std::optional<Error>&)> on_problem_;

  // guarded by the mutex
  std::mutex mutex_;
  std::optional<UtcTime> read_at_;
  Result<AlarmsOfCloudWatch> last_;
  bool failing_ = false;
};

}  // namespace sotto::providers::aws

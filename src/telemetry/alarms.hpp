#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/utc_time.hpp"
#include "telemetry/series.hpp"

namespace sotto::telemetry {

/// What of a period is compared: a counter's sum, a distribution's 0.95 quantile or its maximum.
struct SumOf {
  Counter counter;
};
struct P95Of {
  Histogram histogram;
};
struct MaximumOf {
  Histogram histogram;
};
using Statistic = std::variant<SumOf, P95Of, MaximumOf>;

/// How a period without data counts.
enum class MissingData : std::uint8_t {
  missing,        ///< it is left out; without any data the state is unknown
  not_breaching,  ///< as within the threshold
  breaching,      ///< as past the threshold
  ignore          ///< the state stays
};

/// A rule with the meaning that CloudWatch gives it: of the last `periods` periods that are over,
/// `to_alarm` breach. Periods are aligned to multiples of their length. Source:
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
/// (of a range of further periods, in which CloudWatch looks for data that is late, nothing is
/// used).
struct AlarmRule {
  std::string_view name;
  Statistic statistic;
  double threshold = 0;   ///< in the recorded unit
  bool or_equal = false;  ///< breaching is at or above it; else above it
  std::chrono::minutes period{5};
  int periods = 1;   ///< looked at
  int to_alarm = 1;  ///< that breach
  MissingData missing = MissingData::not_breaching;
  std::string_view meaning;  ///< for people
  /// Counts the sessions that it is about, each once in five minutes.
  Counter sessions = Counter::sessions_active;
};

/// The deployment guide's five alarms.
std::span<const AlarmRule> guide_alarms();

enum class AlarmState : std::uint8_t { insufficient_data, ok, alarm };
/// CloudWatch's names: "INSUFFICIENT_DATA", "OK", "ALARM".
std::string_view to_string(AlarmState state);

/// A period's value; nothing where it had no data.
using Datapoint = std::optional<double>;

/// The state that a rule's datapoints, oldest first, give it. A pure function.
AlarmState evaluate(const AlarmRule& rule, std::span<const Datapoint> datapoints,
                    AlarmState before);

/// A change of an alarm's state.
struct AlarmChange {
  const AlarmRule* rule = nullptr;
  AlarmState from = AlarmState::insufficient_data;
  AlarmState to = AlarmState::insufficient_data;
  Datapoint value;  ///< of the latest period
  UtcTime at{};
};

/// The current state of an alarm.
struct AlarmStatus {
  const AlarmRule* rule = nullptr;
  AlarmState state = AlarmState::insufficient_data;
  Datapoint value;
  UtcTime since{};
  std::uint64_t rung = 0;  ///< how often it has rung since the process began
};

/// The alarms over a series, both arms together. Not thread-safe.
class AlarmBoard {
 public:
  explicit AlarmBoard(std::span<const AlarmRule> rules);

  /// Evaluates the periods that are over at `now`, and returns the changes. Errors: the series'.
  Result<std::vector<AlarmChange>> evaluate(Series& series, UtcTime now);

  const std::vector<AlarmStatus>& alarms() const { return alarms_; }

 private:
  std::vector<AlarmStatus> alarms_;
};

}  // namespace sotto::telemetry

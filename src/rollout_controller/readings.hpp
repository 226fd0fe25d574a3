#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/rollout_store.hpp"
#include "rollout/controller.hpp"
#include "rollout_controller/fleet_alarms.hpp"
#include "telemetry/alarms.hpp"
#include "telemetry/series.hpp"

namespace sotto::rollout_controller {

/// The metrics of one arm over all the given minutes.
rollout::ArmFigures arm_figures(const std::vector<telemetry::Minute>& minutes, telemetry::Arm arm);

/// The period and the sessions to read.
struct Since {
  UtcTime began_at{};               ///< of the phase
  std::chrono::hours at_most{168};  ///< the longest period for metrics (not for comparisons)
  int share = 0;                    ///< of the canary, in percent; its sessions are compared
  UtcTime judged_from{};            ///< of the rollout; sessions before say nothing
  rollout::TroubleLimits limits{};  ///< by the phase's criteria
};
Since since(const rollout::State& state);

/// Reads metrics from elsewhere than this process's series, such as those of all hosts, as of
/// `now`. May block; called by one thread at a time. An error means that they cannot be read.
using FiguresSource = std::function<Result<rollout::WindowFigures>(const Since&, UtcTime now)>;

/// Reads everything that a phase's criteria are evaluated on: metrics (from the series or another
/// source), the sessions' journal and the alarms. It remembers what it has read, so each call reads
/// only what is new; a new phase starts again. Nothing of before the phase began is in what it
/// reads: not in `recent` either, no minute that began before, and no alarm until the last period
/// it was evaluated on began in the phase. Thread-safe.
class ReadingsSource {
 public:
  /// The pointers must stay valid for its lifetime; `alarms` may be called from any thread. Without
  /// `figures` the metrics come from the series. The alarms on the canary's metrics alone come from
  /// the series; those of `fleet_alarms` are added to these and to `alarms`.
  ReadingsSource(telemetry::Series* series, ports::RolloutStore* rollouts, std::string flag,
                 std::function<std::vector<telemetry::AlarmStatus>()> alarms,
                 FiguresSource figures = {}, FleetAlarmsSource fleet_alarms = {});

  /// Errors: those of the stores. If only `figures` or `fleet_alarms` cannot be read, there are
  /// readings with
  /// `figures_known` false, so that alarms and sessions can still roll back. A line of the journal
  /// that cannot be read is skipped.
  Result<rollout::Readings> read(const Since& since, UtcTime now);

  static constexpr std::chrono::minutes recent{60};

 private:
  /// An hour's minutes, summed up.
  struct Hour {
    telemetry::Snapshot sum;
    std::array<double, telemetry::arms.size()> dropped_per_minute{};  ///< in its worst minute
    UtcTime newest{};
  };

  void forget_unless(const Since& since, UtcTime now);
  Result<rollout::WindowFigures> figures_of_series(UtcTime now);
  Result<> read_minutes(UtcTime now);
  Result<> read_sessions();
  Result<> read_alarms(rollout::Readings& readings, UtcTime now);
  rollout::Figures whole(const std::vector<telemetry::Minute>& tail) const;

  // constant after construction
  telemetry::Series* const series_;
  ports::RolloutStore* const rollouts_;
  const std::string flag_;
  const std::function<std::vector<telemetry::AlarmStatus>()> alarms_;
  const FiguresSource figures_;
  const FleetAlarmsSource fleet_alarms_;

  // guarded by the mutex
  std::mutex mutex_;
  Since since_;
  std::map<UtcTime, Hour> hours_;
  telemetry::Snapshot sum_;  ///< of all hours
  UtcTime minutes_until_{};  ///< those before have been read
  std::uint64_t sessions_until_ = 0;
  UtcTime newest_session_{};
  rollout::Evidence evidence_;
  telemetry::AlarmBoard canary_board_{telemetry::guide_alarms()};
};

}  // namespace sotto::rollout_controller

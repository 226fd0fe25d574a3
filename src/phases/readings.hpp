#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/rollout_store.hpp"
#include "rollout/controller.hpp"
#include "telemetry/alarms.hpp"
#include "telemetry/series.hpp"

namespace sotto::phases {

/// What minutes say of one arm, all of them together.
rollout::ArmFigures arm_figures(const std::vector<telemetry::Minute>& minutes, telemetry::Arm arm);

/// Of which time, and of whom, something is to be read.
struct Since {
  UtcTime began_at{};               ///< of the phase
  std::chrono::hours at_most{168};  ///< how far back what is no comparison may go
  int share = 0;                    ///< of the canary, in percent: whose sessions are compared
};
Since since(const rollout::State& state);

/// Figures from elsewhere than this process's series, such as those of all hosts together, as of
/// `now`. May wait; called by one thread at a time. An error says that they cannot be read.
using FiguresSource = std::function<Result<rollout::WindowFigures>(const Since&, UtcTime now)>;

/// Reads what a phase is judged by: the metrics' series or whatever else has the figures, the
/// sessions' journal, the alarms. Keeps what it has read, so that each call reads what is new;
/// another phase begins anew. Thread-safe.
class ReadingsSource {
 public:
  /// What is pointed to must outlive it; `alarms` may be called from any thread. Without `figures`
  /// the series has them. The alarms by the canary's figures alone are the series' in any case.
  ReadingsSource(telemetry::Series* series, ports::RolloutStore* rollouts, std::string flag,
                 std::function<std::vector<telemetry::AlarmStatus>()> alarms,
                 FiguresSource figures = {});

  /// Errors: those of the stores. Where it is `figures` that cannot be read, there are readings
  /// all the same, with `figures_known` false: alarms and sessions can still take the feature back.
  /// A line of the journal that cannot be read is passed over.
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
  rollout::Figures whole(const std::vector<telemetry::Minute>& tail) const;

  // constant after construction
  telemetry::Series* const series_;
  ports::RolloutStore* const rollouts_;
  const std::string flag_;
  const std::function<std::vector<telemetry::AlarmStatus>()> alarms_;
  const FiguresSource figures_;

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

}  // namespace sotto::phases

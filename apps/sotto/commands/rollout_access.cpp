#include "commands/rollout_access.hpp"

#include <iostream>
#include <utility>

#include "options/flag_parts.hpp"
#include "options/gates.hpp"
#include "options/state_folder.hpp"
#include "options/stores.hpp"
#include "options/telemetry_options.hpp"
#include "providers/local/sqlite_series.hpp"

namespace sotto::app {

Result<std::unique_ptr<RolloutAccess>> RolloutAccess::open(const RolloutCommon& common) {
  auto name = rollout::validate_parameter_name(common.parameter_name);
  if (!name) return tl::unexpected(name.error());
  const auto folder = data_folder(common);
  if (!folder) return tl::unexpected(folder.error());
  auto flags = flag_store(common.store, common.rollouts, *folder);
  if (!flags) return tl::unexpected(flags.error());
  auto rollouts = rollout_store(common.rollouts, common.store, *folder);
  if (!rollouts) return tl::unexpected(rollouts.error());
  auto gates = gate_sources(common.gates, environment_name(common.environment, *name),
                            [](const std::optional<Error>& error) {
                              if (error) std::cerr << "sotto: " << error->message << std::endl;
                            });
  if (!gates) return tl::unexpected(gates.error());
  return std::unique_ptr<RolloutAccess>(new RolloutAccess(
      std::move(*name), std::move(*flags), std::move(*rollouts),
      providers::local::make_sqlite_series(*folder / series_file), std::move(*gates)));
}

RolloutAccess::RolloutAccess(std::string name, std::unique_ptr<ports::FlagStore> flags,
                             std::unique_ptr<ports::RolloutStore> rollouts,
                             std::unique_ptr<telemetry::Series> series, GateSources gates)
    : name_(std::move(name)),
      flags_(std::move(flags)),
      rollouts_(std::move(rollouts)),
      series_(std::move(series)),
      readings_(
          series_.get(), rollouts_.get(), name_, [this] { return alarms(); },
          std::move(gates.figures), std::move(gates.alarms)),
      controller_({rollouts_.get(),
                   flags_.get(),
                   name_,
                   process_name(),
                   [this](const rollout::State& state, UtcTime now) {
                     return readings_.read(rollout_controller::since(state), now);
                   },
                   {}}) {}

std::vector<telemetry::AlarmStatus> RolloutAccess::alarms() {
  telemetry::AlarmBoard board(telemetry::guide_alarms());
  (void)board.evaluate(*series_, system_utc());
  std::vector<telemetry::AlarmStatus> alarms = board.alarms();
  for (telemetry::AlarmStatus& alarm : alarms) alarm.since = {};  // the server knows
  return alarms;
}

}  // namespace sotto::app

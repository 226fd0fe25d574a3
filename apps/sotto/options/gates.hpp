#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "rollout_controller/readings.hpp"

namespace sotto::app {

/// Adds --gates to a command: whose metrics the rollout is judged by, "local" (this server's own)
/// or "cloudwatch" (all that put theirs there). `gates` must outlive the command.
void add_gates_option(CLI::App& command, std::string& gates);

/// What the rollout is judged by beside this server's own series and sessions; empty: nothing.
struct GateSources {
  rollout_controller::FiguresSource figures;
  rollout_controller::FleetAlarmsSource alarms;
};

/// Where figures and alarms come from: nothing for the server's own series. `on_problem` is told
/// once when CloudWatch's metrics or alarms cannot be read, and with nothing once they can. For
/// "cloudwatch" AWS's region is looked for, which blocks for 2 s at the most; credentials are with
/// the first reading. Errors: `invalid_argument` without a region.
Result<GateSources> gate_sources(const std::string& gates, const std::string& environment,
                                 std::function<void(const std::optional<Error>&)> on_problem);

}  // namespace sotto::app

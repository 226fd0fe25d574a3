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

/// Where the figures come from: nothing for the server's own series. `on_problem` is told once when
/// CloudWatch cannot be read, and with nothing once it can. For "cloudwatch" AWS's region is looked
/// for, which blocks for 2 s at the most; credentials are with the first reading. Errors:
/// `invalid_argument` without a region.
Result<rollout_controller::FiguresSource> gate_figures(
    const std::string& gates, const std::string& environment,
    std::function<void(const std::optional<Error>&)> on_problem);

}  // namespace sotto::app

#pragma once

#include "cli.hpp"

namespace sotto::app {

/// `simulate` and `backtest`, below `rollout`: a plan tried before it is armed.
void add_simulate(CLI::App& rollout, Run& run);

}  // namespace sotto::app

#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/result.hpp"

namespace sotto::app {

/// Exit codes of the program.
inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;

/// Prints an error as one line on stderr, `sotto: message`, or as {"error":{…}} with `json`;
/// returns the exit code.
int report(const Error& error, bool json, bool bad_usage = false);

/// Each command adds its subcommand with its options and sets `run` when it was chosen.
using Run = std::function<int()>;
void add_translate(CLI::App& app, Run& run);
void add_serve(CLI::App& app, Run& run);
void add_replay(CLI::App& app, Run& run);
void add_rollout(CLI::App& app, Run& run);
void add_metrics(CLI::App& app, Run& run);
void add_operator(CLI::App& app, Run& run);
void add_tune(CLI::App& app, Run& run);
void add_lambda(CLI::App& app, Run& run);
void add_models(CLI::App& app, Run& run);
void add_session(CLI::App& app, Run& run);
void add_voice_worker(CLI::App& app, Run& run);

}  // namespace sotto::app

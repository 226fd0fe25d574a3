#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "access/operator_file.hpp"
#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "engine/settings.hpp"
#include "feature_flag/flag_reader.hpp"
#include "ports/flag_store.hpp"
#include "ports/rollout_store.hpp"
#include "rollout/environment.hpp"
#include "telemetry/log.hpp"

namespace sotto::app {

/// What a server is told of its flag.
struct FlagOptions {
  std::string data, store, rollouts;
  std::map<std::string, std::string> variables;  ///< by the name they have in the environment
};

/// Adds them to a command; `options` must outlive it.
void add_flag_options(CLI::App& command, FlagOptions& options);

/// What they say, with the thresholds of `settings` for when no store can be read. Errors:
/// `invalid_argument` naming the variable.
Result<rollout::Environment> flag_environment(const FlagOptions& options,
                                              const engine::Settings& settings);

/// The flag: its store, what reads it, and who may change it.
struct FlagParts {
  std::string parameter_name;
  std::unique_ptr<ports::FlagStore> store;
  std::unique_ptr<ports::RolloutStore> rollouts;
  std::unique_ptr<feature_flag::FlagReader> reader;  ///< does not follow the store yet
  std::string operator_token;                    ///< empty: its file can be neither read nor made
  std::string token_place;                       ///< where it is: a file, or a variable's name
  std::unique_ptr<access::Operators> operators;  ///< those with tokens of their own
};

/// Opens them, and begins the flag in a store that has never held it. What fails is logged and does
/// without. Errors: `invalid_argument` for a store or a variable's token that is none, `not_found`
/// without a folder.
Result<FlagParts> open_flag(const FlagOptions& options, rollout::Environment environment,
                            const engine::Settings& settings, const telemetry::Log& log);

/// The machine's clock.
UtcTime system_utc();

}  // namespace sotto::app

#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "feature_flag/flag_operations.hpp"
#include "options/cli.hpp"
#include "rollout/flag.hpp"

namespace sotto::app {

/// What all of `sotto rollout` is told.
struct RolloutCommon {
  std::string store, rollouts, data;
  std::string parameter_name{rollout::default_parameter_name};
  std::string gates = "local", environment;  ///< as the server was told
  std::string by, reason;
  std::string if_version;
  bool json = false, dry_run = false;
};

/// Adds them to a command; `common` must outlive it.
void add_common_options(CLI::App& command, RolloutCommon& common);

/// Who changes something: as the options say, else who is at the keyboard, also behind sudo.
feature_flag::Author author_of(const RolloutCommon& common);

/// Prints an error as `common` wants it; the exit code.
int fail_with(const Error& error, const RolloutCommon& common);

/// Prints JSON as one line.
void print(const boost::json::value& value);

/// The folder in which the server keeps what no other store was named for. Errors: `not_found`
/// without a home.
Result<std::filesystem::path> data_folder(const RolloutCommon& common);

/// The plan that the flag goes by and where it stands, "guide, running, phase canary"; empty where
/// there is none, or none that goes on.
std::string plan_in_words(const RolloutCommon& common);

/// `sotto rollout start`, `advance`, `pause`, `resume`, `abort`, `approve`, `clear`, `watch` and
/// `events`, under the command that has the common options.
void add_phases(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common, Run& run);

/// `sotto rollout verify`, likewise.
void add_verify(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common, Run& run);

/// `sotto rollout events --records`: the whole journal of decisions, a record a line; how many
/// there are and the newest one's hash go to standard error. The exit code.
int print_records(const RolloutCommon& common);

/// `sotto rollout report`, likewise.
void add_rollout_report(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common,
                        Run& run);

/// `sotto rollout env-override`, likewise: the guide's variable of a Lambda function.
void add_env_override(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common,
                      Run& run);

/// `sotto rollout simulate` and `backtest`, likewise: a plan tried before it is armed.
void add_simulate(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common, Run& run);

/// `--plan`, which read_plan() reads.
void add_plan_option(CLI::App& command, std::string& plan);

}  // namespace sotto::app

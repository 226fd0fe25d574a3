#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "options/flag_parts.hpp"
#include "telemetry/alarms.hpp"
#include "telemetry/cost.hpp"
#include "telemetry/log.hpp"
#include "telemetry/series.hpp"

namespace sotto::app {

/// What a server is told of its metrics.
struct TelemetryOptions {
  std::string environment;  ///< empty: the flag's name says
  bool emf = false;
  bool cloudwatch = false;
  std::string webhook;        ///< empty: none
  std::string slack_webhook;  ///< for what happens to the rollout, in Slack's form
  telemetry::PriceList prices;
};

/// Adds them to a command; `options` must outlive it.
void add_telemetry_options(CLI::App& command, TelemetryOptions& options);

/// `dev`, `staging` or `prod`: what was asked for, else what the flag's name begins with.
std::string environment_name(const std::string& asked_for, const std::string& parameter_name);

/// An alarm's change as JSON, with a `text` that Slack shows.
std::string alarm_json(const std::string& environment, const telemetry::AlarmChange& change);

/// The metrics' database in the state folder, or a series in memory, and a warning, without one.
std::unique_ptr<telemetry::Series> open_series(const FlagOptions& options,
                                               const telemetry::Log& log);

/// Where that database is.
inline constexpr const char* series_file = "metrics.db";

}  // namespace sotto::app

#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.hpp"
#include "engine/settings.hpp"

namespace sotto::app {

/// The engine's settings as options of a command.
struct EngineOptions {
  std::string mode = "partial";
  std::string recogniser = "transcribe";
  engine::Settings settings;
  double max_buffer_timeout = 5, pause_threshold = 2, orphan_timeout = 15, dedup_cache_ttl = 10;
};

/// Seconds of an option; what no range holds for what is no number or far too large.
milliseconds from_seconds(double seconds);

/// Whether settings may also come from the environment, as MIN_STABILITY_THRESHOLD and so on.
enum class FromEnvironment : unsigned char { no, yes };

/// Adds them all to `command`; `options` must outlive it. Nothing comes from the environment, so
/// that what is replayed is the same everywhere.
void add_engine_options(CLI::App& command, EngineOptions& options);

/// Adds the thresholds and times alone.
void add_engine_settings(CLI::App& command, EngineOptions& options, FromEnvironment environment);

/// The settings that were asked for, valid. Errors: `invalid_argument` naming the option.
Result<engine::Settings> engine_settings(const EngineOptions& options);

}  // namespace sotto::app

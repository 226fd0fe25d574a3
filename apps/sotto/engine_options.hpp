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

/// Adds them to `command`; `options` must outlive it.
void add_engine_options(CLI::App& command, EngineOptions& options);

/// The settings that were asked for, valid. Errors: `invalid_argument` naming the option.
Result<engine::Settings> engine_settings(const EngineOptions& options);

}  // namespace sotto::app

#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "composition/engines.hpp"
#include "options/engine_options.hpp"
#include "options/flag_parts.hpp"
#include "options/model_source.hpp"
#include "options/telemetry_options.hpp"
#include "serving/door_options.hpp"
#include "serving/start_options.hpp"
#include "serving/tls_options.hpp"

namespace sotto::app {

/// What `sotto serve` is told.
struct ServeOptions {
  EngineOptions engine;
  composition::EngineChoice engines;
  bool fetch_models = false;
  ModelSource models;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  TlsOptions tls;
  bool demo = true;
  std::string demo_folder;  ///< empty: the recordings that packages bring
  std::size_t max_sessions = 8;
  std::size_t max_listeners = 500;
  DoorOptions door;
  StartOptions start;
  /// Each partial result is a line at "info": for a file, not for a terminal.
  std::string log_level = ::isatty(STDERR_FILENO) != 0 ? "warning" : "info";
  FlagOptions flag;
  std::string sessions;
  TelemetryOptions telemetry;
  std::string gates = "local";
  std::string config_file;
  bool print_config = false, json = false;
};

/// Adds the options of `sotto serve` to its command, in the order of the help. `options` must
/// outlive the command.
void add_serve_options(CLI::App& command, ServeOptions& options);

}  // namespace sotto::app

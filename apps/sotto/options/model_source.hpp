#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.hpp"
#include "model_download/downloader.hpp"

namespace sotto::app {

/// Where translation models come from.
struct ModelSource {
  std::string mirror;  ///< empty: GitHub
  bool offline = false;
};

/// Adds `--models-mirror` and `--offline`, with their variables. `source` must outlive the command.
void add_model_source(CLI::App& command, ModelSource& source);

/// Errors: `invalid_argument` for the mirror; `unavailable` with `--offline`.
Result<model_download::Downloader> open_source(const ModelSource& source);

}  // namespace sotto::app

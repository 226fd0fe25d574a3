#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "model_download/background.hpp"
#include "models/translation.hpp"
#include "serving/serve_options.hpp"
#include "telemetry/log.hpp"

namespace sotto::app {

/// Is called, on a thread of its own, with a translation model whose files are all in their place
/// now. Returns whether new sessions use it at once; otherwise they do when the server starts
/// again.
using OnModelReady = std::function<bool(const models::TranslationModel&)>;

/// With `--fetch-models`: fetches the English–Spanish model while the server runs, and says so on
/// stdout. Null where nothing is to be done: the model is here, or was removed, or the user chose
/// another translator, or with `--offline`. That it cannot be had is one line, and no more.
/// `translators` are the names of those in use, as Translator::name() lists them: who translates
/// until then is said. `log` must outlive the result. Errors: `invalid_argument` for the mirror,
/// and translation_models_read()'s.
Result<std::unique_ptr<model_download::Background>> fetch_models_meanwhile(
    const ServeOptions& options, const telemetry::Log& log, const std::string& translators,
    OnModelReady on_ready = {});

}  // namespace sotto::app

#include "serving/background_models.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

#include "models/check.hpp"
#include "models/folders.hpp"
#include "output/models_output.hpp"

namespace sotto::app {

namespace {

constexpr const char* spoken_to_heard = "en-es";

// A line at once, from whichever thread.
void say(const std::string& text) { std::cout << "translation: " + text + "\n" << std::flush; }

// The translator is the one that is chosen unasked, or the one that the models are for.
bool is_wanted(const ServeOptions& options) {
  const composition::TranslatorChoice& translators = options.engines.translators;
  return options.fetch_models && !options.models.offline &&
         (translators.chain == composition::TranslatorChoice{}.chain ||
          translators.chain.find("bergamot") != std::string::npos);
}

// Who translates without the model: what stands in the list of translators beside Bergamot.
std::string without_model(const std::string& translators) {
  std::string others;
  std::size_t count = 0;
  for (std::size_t at = 0; at < translators.size();) {
    const std::size_t end = std::min(translators.find(", ", at), translators.size());
    const std::string name = translators.substr(at, end - at);
    at = end + 2;
    if (name == "Bergamot") continue;
    others += (count++ > 0 ? ", " : "") + name;
  }
  if (count == 0) return "nothing is translated into Spanish";
  return others + (count == 1 ? " translates" : " translate");
}

model_download::Background::Events events(const telemetry::Log& log, const std::string& meanwhile,
                                          OnModelReady on_ready) {
  model_download::Background::Events events;
  events.on_start = [meanwhile](const models::TranslationModel& model, std::uint64_t missing,
                                const std::string& host) {
    say("fetching Firefox's model " + model.model.name + " (" + megabytes(missing) + ") from " +
        host + ", once; " + meanwhile + " until it is there");
  };
  events.on_ready = [&log, on_ready = std::move(on_ready)](const models::TranslationModel& model,
                                                           std::uint64_t missing) {
    const bool at_once = on_ready && on_ready(model);
    say("Firefox's model " + model.model.name + " is there; " +
        (at_once ? "new sessions use it" : "it is used when the server starts again"));
    log.write(telemetry::Level::info, "a translation model was fetched",
              {{"event", "model_ready"},
               {"model", model.model.name},
               {"bytes", static_cast<double>(missing)}});
  };
  events.on_failed = [&log, meanwhile](const Error& error) {
    say(error.message + "; " + meanwhile + ", and --offline does not ask");
    log.write(telemetry::Level::info, "a translation model cannot be fetched",
              {{"event", "model_unavailable"},
               {"error_code", to_string(error.code)},
               {"error", error.message}});
  };
  return events;
}

}  // namespace

Result<std::unique_ptr<model_download::Background>> fetch_models_meanwhile(
    const ServeOptions& options, const telemetry::Log& log, const std::string& translators,
    OnModelReady on_ready) {
  if (!is_wanted(options)) return nullptr;
  if (const auto& read = models::translation_models_read(); !read)
    return tl::unexpected(read.error());
  const auto own = models::own_folder();
  if (!own) return nullptr;  // whoever has no home has no models
  auto models = models::translation_models().named(spoken_to_heard);
  if (!models) return tl::unexpected(models.error());
  std::erase_if(*models, [&](const models::TranslationModel* each) {
    return models::find(each->model, models::folders()).has_value() ||
           models::is_removed(each->model, *own);
  });
  if (models->empty()) return nullptr;
  auto source = open_source(options.models);
  if (!source) return tl::unexpected(source.error());
  return std::make_unique<model_download::Background>(
      *std::move(source), *std::move(models), *own,
      events(log, without_model(translators), std::move(on_ready)));
}

}  // namespace sotto::app

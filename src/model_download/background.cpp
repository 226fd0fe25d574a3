#include "model_download/background.hpp"

#include <utility>

#include "models/folders.hpp"

namespace sotto::model_download {

namespace {

void fetch(const Downloader& downloader, const std::vector<const models::TranslationModel*>& models,
           const std::filesystem::path& folder, const Background::Events& events,
           const std::stop_token& stop) {
  for (const models::TranslationModel* model : models) {
    if (models::is_removed(model->model, folder)) continue;
    Hooks hooks;
    hooks.on_start = [&](std::uint64_t missing, const std::string& host) {
      if (events.on_start) events.on_start(*model, missing, host);
    };
    const auto got = downloader.get(*model, folder, hooks, stop);
    if (stop.stop_requested()) return;
    if (!got) {
      if (events.on_failed) events.on_failed(got.error());
      return;
    }
    if (events.on_ready) events.on_ready(*model, *got);
  }
}

}  // namespace

Background::Background(Downloader downloader, std::vector<const models::TranslationModel*> models,
                       std::filesystem::path folder, Events events)
    : thread_([downloader = std::move(downloader), models = std::move(models),
               folder = std::move(folder),
               events = std::move(events)](const std::stop_token& stop) {
        fetch(downloader, models, folder, events, stop);
      }) {}

}  // namespace sotto::model_download

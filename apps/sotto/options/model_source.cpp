#include "options/model_source.hpp"

namespace sotto::app {

void add_model_source(CLI::App& command, ModelSource& source) {
  command
      .add_option("--models-mirror", source.mirror,
                  "URL of a server with the translation models, in place of GitHub: "
                  "URL/models/KIND/PAIR/FILE")
      ->envname("SOTTO_MODELS_MIRROR");
  command.add_flag("--offline", source.offline, "Never ask the network for models")
      ->envname("SOTTO_OFFLINE");
}

Result<model_download::Downloader> open_source(const ModelSource& source) {
  if (source.offline)
    return fail(ErrorCode::unavailable, "nothing is fetched with --offline (SOTTO_OFFLINE)",
                "offline");
  return model_download::Downloader::create({.mirror = source.mirror});
}

}  // namespace sotto::app

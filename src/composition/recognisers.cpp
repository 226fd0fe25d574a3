#include "composition/recognisers.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "models/check.hpp"
#include "models/folders.hpp"
#include "models/manifest.hpp"
#include "providers/moonshine/recogniser.hpp"
#include "providers/pocketsphinx/recogniser.hpp"
#include "providers/standby/standby_recogniser.hpp"

namespace sotto::composition {

namespace {

namespace fs = std::filesystem;
namespace moonshine = providers::moonshine;
namespace pocketsphinx = providers::pocketsphinx;

const std::vector<std::string> local_names{"auto", "moonshine", "pocketsphinx"};

// The folder in which a model is, every byte of it right.
Result<fs::path> checked_folder(const std::string& name) {
  const models::Model* const model = models::manifest().find(name);
  if (!model)
    return fail(ErrorCode::not_found, "there is no model " + name + " for this processor", "model");
  auto folder = models::find(*model, models::folders());
  if (!folder) return folder;
  if (auto right = models::check(*model, *folder, models::Depth::hashes); !right)
    return tl::unexpected(right.error());
  return folder;
}

Result<moonshine::MoonshineFiles> moonshine_files(const std::string& size) {
  const std::string name = "moonshine-" + size + "-en";
  const auto folder = checked_folder(name);
  if (!folder) return tl::unexpected(folder.error());
  moonshine::MoonshineFiles files;
  for (const models::File& file : models::manifest().find(name)->files) {
    const std::string stem = file.path.stem().string();
    if (stem.starts_with("encoder")) files.encoder = *folder / file.path;
    if (stem.starts_with("decoder")) files.decoder = *folder / file.path;
    if (stem.starts_with("tokenizer")) files.vocabulary = *folder / file.path;
  }
  return files;
}

Result<moonshine::ModelFiles> model_files(const RecogniserChoice& choice) {
  moonshine::ModelFiles files;
  const auto one_file = [](const std::string& name) -> Result<fs::path> {
    const auto folder = checked_folder(name);
    if (!folder) return folder;
    return *folder / models::manifest().find(name)->files.front().path;
  };
  const auto runtime = one_file("onnxruntime");
  if (!runtime) return tl::unexpected(runtime.error());
  files.runtime = *runtime;
  const auto detector = one_file("silero-vad");
  if (!detector) return tl::unexpected(detector.error());
  files.detector = *detector;
  const auto final = moonshine_files(choice.final);
  if (!final) return tl::unexpected(final.error());
  files.final = *final;
  if (choice.draft == choice.final) return files;
  const auto draft = moonshine_files(choice.draft);
  if (!draft) return tl::unexpected(draft.error());
  files.draft = *draft;
  return files;
}

Result<std::unique_ptr<ports::Recogniser>> make_moonshine(const RecogniserChoice& choice,
                                                          std::size_t sessions) {
  const auto files = model_files(choice);
  if (!files) return tl::unexpected(files.error());
  auto models = moonshine::load_models(*files);
  if (!models) return tl::unexpected(models.error());
  moonshine::Settings settings;
  settings.threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 64);
  settings.max_streams = sessions;
  auto recogniser = moonshine::MoonshineRecogniser::create(std::move(*models), settings);
  if (!recogniser) return tl::unexpected(recogniser.error());
  return std::move(*recogniser);
}

Result<std::unique_ptr<ports::Recogniser>> make_pocketsphinx(std::size_t sessions) {
  pocketsphinx::Settings settings;
  settings.max_streams = sessions;
  if (const char* model = std::getenv("SOTTO_POCKETSPHINX_MODEL")) settings.model = model;
  auto recogniser = pocketsphinx::PocketSphinxRecogniser::create(settings);
  if (!recogniser) return tl::unexpected(recogniser.error());
  return std::move(*recogniser);
}

Result<LocalRecogniser> with_moonshine(const RecogniserChoice& choice, std::size_t sessions,
                                       StandbyNotices notices) {
  auto recogniser = make_moonshine(choice, sessions);
  if (!recogniser) return tl::unexpected(recogniser.error());
  LocalRecogniser local;
  local.engine = "moonshine";
  local.models = choice.final + "-en";
  if (choice.draft != choice.final) local.models += ", drafts " + choice.draft + "-en";
  auto standby = make_pocketsphinx(sessions);
  local.recogniser = standby ? std::make_unique<providers::standby::StandbyRecogniser>(
                                   std::move(*recogniser), std::move(*standby),
                                   providers::standby::Notices{std::move(notices.on_takeover),
                                                               std::move(notices.on_return)})
                             : std::move(*recogniser);
  return local;
}

Result<LocalRecogniser> with_pocketsphinx(std::size_t sessions) {
  auto recogniser = make_pocketsphinx(sessions);
  if (!recogniser) return tl::unexpected(recogniser.error());
  return LocalRecogniser{std::move(*recogniser), "pocketsphinx", "en-us", std::nullopt};
}

}  // namespace

void add_recogniser_options(CLI::App& command, RecogniserChoice& choice,
                            WithTranscribe transcribe) {
  std::vector<std::string> names = local_names;
  std::string help =
      "The recogniser: moonshine or pocketsphinx, embedded (English); auto uses moonshine if its "
      "models are installed";
  if (transcribe == WithTranscribe::yes) {
    names.emplace_back("transcribe");
    help += "; transcribe is Amazon's";
  }
  command.add_option("--recogniser", choice.engine, help)
      ->check(CLI::IsMember(names))
      ->envname("SOTTO_RECOGNISER")
      ->capture_default_str();
  const auto add_model = [&](const char* name, std::string& model, const char* variable,
                             const char* what) {
    command.add_option(name, model, what)
        ->check(CLI::IsMember({"base", "tiny"}))
        ->envname(variable)
        ->capture_default_str();
  };
  add_model("--recogniser-draft", choice.draft, "SOTTO_RECOGNISER_DRAFT",
            "Moonshine's model for partial results: base, or tiny for a slow machine");
  add_model("--recogniser-final", choice.final, "SOTTO_RECOGNISER_FINAL",
            "Moonshine's model for final results: base or tiny");
}

Result<LocalRecogniser> local_recogniser(const RecogniserChoice& choice, std::size_t sessions,
                                         StandbyNotices notices) {
  if (std::find(local_names.begin(), local_names.end(), choice.engine) == local_names.end())
    return fail(ErrorCode::invalid_argument,
                "there is no recogniser \"" + choice.engine +
                    "\"; there are auto, moonshine and pocketsphinx",
                "recogniser");
  if (choice.engine == "pocketsphinx") return with_pocketsphinx(sessions);
  auto moonshine = with_moonshine(choice, sessions, std::move(notices));
  if (moonshine || choice.engine == "moonshine") return moonshine;
  auto pocketsphinx = with_pocketsphinx(sessions);
  if (pocketsphinx) pocketsphinx->instead = moonshine.error();
  return pocketsphinx;
}

}  // namespace sotto::composition

#include "composition/synthesisers.hpp"

#include <filesystem>
#include <system_error>

#include "models/check.hpp"
#include "models/folders.hpp"
#include "models/manifest.hpp"
#include "providers/espeak/synthesiser.hpp"
#include "providers/sherpa/synthesiser.hpp"

namespace sotto::composition {

namespace {

namespace fs = std::filesystem;
namespace sherpa = providers::sherpa;

constexpr std::string_view prefix = "sherpa";

// Empty where it is not installed, which the adapter explains.
fs::path sherpa_library() {
  const auto* const model = models::manifest().find("sherpa-onnx");
  if (!model) return {};
  const auto folder = models::find(*model, models::folders());
  return folder ? *folder / "sherpa-onnx/libsherpa-onnx-c-api.so" : fs::path();
}

// The first folder of voices that `sotto models` keeps.
Result<fs::path> kept_voices() {
  std::error_code error;
  for (const fs::path& folder : models::folders())
    if (fs::is_directory(folder / "voices", error)) return folder / "voices";
  return fail(ErrorCode::not_found,
              "there are no neural voices; 'sotto models get voice-en-joe' fetches one, and "
              "--speech sherpa:FOLDER takes those in a folder",
              "speech");
}

Result<std::unique_ptr<ports::Synthesiser>> neural_voices(
    const std::string& name, std::shared_ptr<ports::Synthesiser> otherwise) {
  sherpa::Settings settings;
  settings.library = sherpa_library();
  settings.otherwise = std::move(otherwise);
  const auto folder = name.size() > prefix.size() ? Result<fs::path>(name.substr(prefix.size() + 1))
                                                  : kept_voices();
  if (!folder) return tl::unexpected(folder.error());
  settings.voices = *folder;
  auto voices = sherpa::SherpaSynthesiser::create(std::move(settings));
  if (!voices) return tl::unexpected(voices.error());
  return std::move(*voices);
}

}  // namespace

Result<std::unique_ptr<ports::Synthesiser>> embedded_synthesiser() {
  auto synthesiser = providers::espeak::EspeakSynthesiser::create({});
  if (!synthesiser) return tl::unexpected(synthesiser.error());
  return std::move(*synthesiser);
}

bool names_neural_voices(const std::string& name) {
  return name == prefix || (name.starts_with("sherpa:") && name.size() > prefix.size() + 1);
}

Result<LocalSynthesiser> local_synthesiser(const std::string& name) {
  auto espeak = embedded_synthesiser();
  if (!espeak) return tl::unexpected(espeak.error());
  if (!names_neural_voices(name)) return LocalSynthesiser{std::move(*espeak)};
  auto voices = neural_voices(name, std::shared_ptr<ports::Synthesiser>(std::move(*espeak)));
  if (voices) return LocalSynthesiser{std::move(*voices)};
  espeak = embedded_synthesiser();  // the first one went to the voices
  if (!espeak) return tl::unexpected(espeak.error());
  return LocalSynthesiser{std::move(*espeak), voices.error()};
}

}  // namespace sotto::composition

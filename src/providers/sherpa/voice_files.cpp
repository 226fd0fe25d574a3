#include "providers/sherpa/voice_files.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "providers/sherpa/piper_config.hpp"

namespace sotto::providers::sherpa {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_config = 1024 * 1024;
constexpr std::size_t most_files = 10'000;  // a folder with more is no folder of voices

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

tl::unexpected<Error> with_file(Error error, const fs::path& path) {
  error.message = path.string() + ": " + error.message;
  return tl::unexpected(std::move(error));
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// The first part of a name such as `kokoro-en-v0_19` that is two letters.
std::string language_in(const std::string& name) {
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find_first_of("-_.", at), name.size());
    const std::string part = name.substr(at, end - at);
    if (part.size() == 2 && part.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == part.npos)
      return part;
    at = end + 1;
  }
  return {};
}

Result<VoiceFiles> piper_voice(const fs::path& model, const fs::path& description) {
  const auto text = read_file(description, largest_config);
  if (!text) return tl::unexpected(text.error());
  auto config = parse_piper_config(*text);
  if (!config) return with_file(config.error(), description);
  std::string name = config->name.empty() ? model.stem().string() : config->name;
  return VoiceFiles{VoiceKind::piper, fs::absolute(model), config->language, config->espeak_voice,
                    "Piper " + name};
}

Result<VoiceFiles> voice_of_folder(const fs::path& model) {
  const fs::path folder = fs::absolute(model).parent_path();
  const std::string name = lower(folder.filename().string());
  const bool kokoro = name.find("kokoro") != std::string::npos;
  if (!kokoro && name.find("kitten") == std::string::npos)
    return fail(ErrorCode::not_found,
                model.string() + " has no " + model.filename().string() +
                    ".json beside it, which each Piper voice has",
                "voice");
  for (const char* const file : {"voices.bin", "tokens.txt"})
    if (!is_file(folder / file))
      return fail(ErrorCode::not_found, (folder / file).string() + " is missing", "voice");
  std::string language = language_in(name);
  if (language.empty()) language = language_in(lower(folder.parent_path().filename().string()));
  if (language.empty())
    return fail(ErrorCode::invalid_argument,
                folder.string() +
                    " does not say its language; put it into a folder that does, "
                    "such as en/" +
                    folder.filename().string(),
                "voice");
  return VoiceFiles{kokoro ? VoiceKind::kokoro : VoiceKind::kitten, fs::absolute(model),
                    Language(language), language == "en" ? "en-us" : language,
                    kokoro ? "Kokoro" : "Kitten"};
}

// Errors are left out: a folder that cannot be read has no voices.
std::vector<fs::path> models_below(const fs::path& folder) {
  std::vector<fs::path> models;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (std::size_t seen = 0; !error && at != fs::end(at) && seen < most_files; ++seen) {
    if (at.depth() >= 2) at.disable_recursion_pending();
    if (at->path().extension() == ".onnx" && is_file(at->path())) models.push_back(at->path());
    at.increment(error);
  }
  std::sort(models.begin(), models.end());
  return models;
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::size_t largest) {
  std::ifstream in(path, std::ios::binary);
  std::string text(largest + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto got = static_cast<std::size_t>(in.gcount());
  if (got == 0 || got > largest)
    return fail(
        ErrorCode::not_found,
        path.string() + " cannot be read, or has more than " + std::to_string(largest) + " bytes",
        "voice");
  text.resize(got);
  return text;
}

Result<VoiceFiles> voice_at(const fs::path& model) {
  if (!is_file(model)) return fail(ErrorCode::not_found, model.string() + " is missing", "voice");
  const fs::path description = model.string() + ".json";
  return is_file(description) ? piper_voice(model, description) : voice_of_folder(model);
}

Result<FoundVoices> find_voices(const fs::path& folder) {
  FoundVoices found;
  for (const fs::path& model : models_below(folder)) {
    auto voice = voice_at(model);
    if (voice)
      found.voices.try_emplace(voice->language, *voice);
    else
      found.passed_over.push_back(voice.error());
  }
  if (!found.voices.empty()) return found;
  if (!found.passed_over.empty()) return tl::unexpected(found.passed_over.front());
  return fail(ErrorCode::not_found,
              folder.string() +
                  " has no voice; a Piper voice is VOICE.onnx and VOICE.onnx.json, "
                  "here or in a folder of its own",
              "voice");
}

}  // namespace sotto::providers::sherpa

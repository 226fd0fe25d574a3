#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "models/manifest.hpp"
#include "providers/moonshine/recogniser.hpp"
#include "tests/support/installed_folder.hpp"

namespace sotto::testing {

/// Where a model's file whose name begins with `stem` is on this machine. Errors and exceptions:
/// installed_folder()'s.
inline Result<std::filesystem::path> installed_file(const std::string& model,
                                                    const std::string& stem) {
  const auto folder = installed_folder(model);
  if (!folder) return tl::unexpected(folder.error());
  for (const models::File& file : models::manifest().find(model)->files)
    if (file.path.filename().string().starts_with(stem)) return *folder / file.path;
  throw std::runtime_error(model + " has no file " + stem);
}

inline Result<providers::moonshine::MoonshineFiles> installed_moonshine(const std::string& size) {
  providers::moonshine::MoonshineFiles files;
  const std::pair<const char*, std::filesystem::path*> parts[] = {
      {"encoder", &files.encoder}, {"decoder", &files.decoder}, {"tokenizer", &files.vocabulary}};
  for (const auto& [stem, target] : parts) {
    auto file = installed_file("moonshine-" + size + "-en", stem);
    if (!file) return tl::unexpected(file.error());
    *target = *std::move(file);
  }
  return files;
}

/// The files of a recogniser with the model of this size (`base`, `tiny`) for everything.
inline Result<providers::moonshine::ModelFiles> installed_recogniser(const std::string& size) {
  auto runtime = installed_file("onnxruntime", "libonnxruntime"),
       detector = installed_file("silero-vad", "silero");
  if (!runtime) return tl::unexpected(runtime.error());
  if (!detector) return tl::unexpected(detector.error());
  auto final = installed_moonshine(size);
  if (!final) return tl::unexpected(final.error());
  return providers::moonshine::ModelFiles{*runtime, *detector, *final};
}

}  // namespace sotto::testing

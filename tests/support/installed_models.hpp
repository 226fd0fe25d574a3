#pragma once

#include "base/result.hpp"
#include "models/check.hpp"
#include "models/folders.hpp"
#include "providers/moonshine/recogniser.hpp"

namespace sotto::testing {

/// Where a model's file whose name begins with `stem` is on this machine. Errors: `not_found`, by
/// which a test is skipped.
inline Result<std::filesystem::path> installed_file(const std::string& model,
                                                    const std::string& stem) {
  const models::Model* const known = models::manifest().find(model);
  if (!known) return fail(ErrorCode::not_found, "no " + model + " for this processor");
  const auto folder = models::find(*known, models::folders());
  if (!folder) return fail(ErrorCode::not_found, model + " is not installed (scripts/models)");
  for (const models::File& file : known->files)
    if (file.path.filename().string().starts_with(stem)) return *folder / file.path;
  return fail(ErrorCode::not_found, model + " has no file " + stem);
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

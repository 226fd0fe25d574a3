#pragma once

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "base/result.hpp"
#include "models/check.hpp"
#include "models/folders.hpp"

namespace sotto::testing {

/// Where a model's files are on this machine. Errors: `not_found` where none of them is, by which a
/// test is skipped. Throws where some are, and they are not what they should be.
inline Result<std::filesystem::path> installed_folder(const std::string& model) {
  const models::Model* const known = models::manifest().find(model);
  if (!known) return fail(ErrorCode::not_found, "no " + model + " for this processor");
  const auto folders = models::folders();
  auto folder = models::find(*known, folders);
  if (folder) return folder;
  for (const std::filesystem::path& each : folders)
    for (const models::File& file : known->files)
      if (std::filesystem::exists(each / file.path))
        throw std::runtime_error(folder.error().message);
  return fail(ErrorCode::not_found, model + " is not installed (scripts/models)");
}

}  // namespace sotto::testing

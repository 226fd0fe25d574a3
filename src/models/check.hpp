#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "models/manifest.hpp"

namespace sotto::models {

/// How closely to look.
enum class Depth {
  sizes,   ///< is each file there, with its size: takes microseconds
  hashes,  ///< and its SHA-256: reads all of it, 0.4 s for all models
};

/// Everything that is wrong with a model's files in `folder`; empty where nothing is. Each error
/// names the file, what is wrong and what to do: `not_found` where it is missing,
/// `invalid_argument` where it has another size or SHA-256 or is no file, `permission_denied` and
/// `unavailable` where it cannot be read. Thread-safe.
std::vector<Error> faults(const Model& model, const std::filesystem::path& folder, Depth depth);

/// The first of faults().
Result<> check(const Model& model, const std::filesystem::path& folder, Depth depth);

/// The first of `folders` in which all of the model's files are, by size. Errors: those of the
/// first folder that has any of them, else of the first.
Result<std::filesystem::path> find(const Model& model,
                                   const std::vector<std::filesystem::path>& folders);

}  // namespace sotto::models

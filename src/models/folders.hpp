#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "base/result.hpp"
#include "models/manifest.hpp"

namespace sotto::models {

/// A variable's value; null where it is not set.
using Environment = std::function<const char*(const char*)>;

/// Where models are looked for, in this order: the user's folder ($SOTTO_MODELS, else sotto/models
/// in $XDG_DATA_HOME or ~/.local/share; XDG Base Directory Specification 0.8), then
/// /usr/local/share/sotto/models and /usr/share/sotto/models. Without a home only the last two.
std::vector<std::filesystem::path> folders(const Environment& environment);
std::vector<std::filesystem::path> folders();  ///< of this process's environment

/// The user's own: the first of folders(). Errors: `not_found` without a home.
Result<std::filesystem::path> own_folder(const Environment& environment);
Result<std::filesystem::path> own_folder();

/// Removes the model's files from `folder`, whole or in part (FILE.part), and keeps in mind there
/// that it was removed, so that the set-up does not fetch it again. Errors: `not_found` where none
/// of its files is there; `permission_denied` and `unavailable` where they cannot be removed.
Result<> remove(const Model& model, const std::filesystem::path& folder);

/// Forgets that the model was removed there: somebody fetches it again. Errors:
/// `permission_denied`, `unavailable`.
Result<> forget_removal(const Model& model, const std::filesystem::path& folder);

/// Whether remove() was the last that happened to the model there.
bool is_removed(const Model& model, const std::filesystem::path& folder);

}  // namespace sotto::models

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

namespace sotto::providers::bergamot {

/// A model of Firefox's that is installed. `enes-base-memory` is the model from English to Spanish
/// of the kind `base-memory`.
struct InstalledModel {
  LanguagePair pair;
  std::string kind;              ///< `tiny`, `base`, `base-memory`
  std::filesystem::path folder;  ///< of its files
  friend bool operator==(const InstalledModel&, const InstalledModel&) = default;
};

/// How a pair is translated: with one model, or with two by way of English.
struct Route {
  std::vector<InstalledModel> models;  ///< one or two, in the order in which they translate
  bool is_pivot() const { return models.size() > 1; }
  friend bool operator==(const Route&, const Route&) = default;
};

using Routes = std::map<LanguagePair, Route>;

/// The model that a folder's name says, without its folder; nothing where it says none.
std::optional<InstalledModel> model_of(std::string_view folder_name);

/// The models in bergamot/ of each folder, those whose files are all there (model, shortlist and
/// vocabulary). One for each pair: `base` before `base-memory` before `tiny`, which is the order of
/// their quality (their scores for English-Spanish on FLORES-200: 27.7 base-memory, 25.9 tiny); of
/// one kind the first folder's.
std::map<LanguagePair, InstalledModel> find_models(
    const std::vector<std::filesystem::path>& folders);

/// Every pair that the models can translate: with a model of its own where there is one, else into
/// English and out of it.
Routes routes_of(const std::map<LanguagePair, InstalledModel>& models);

}  // namespace sotto::providers::bergamot

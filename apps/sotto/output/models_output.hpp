#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/check.hpp"
#include "models/manifest.hpp"
#include "models/translation.hpp"

namespace sotto::app {

/// What is known of a model on this machine.
struct ModelCondition {
  std::string state;             ///< ready, missing, removed or damaged
  std::filesystem::path folder;  ///< where it is; else where it would be, or empty without a home
  std::vector<Error> faults;

  bool is_missing() const { return state == "missing" || state == "removed"; }
};

ModelCondition condition(const models::Model& model, models::Depth depth);

/// Such as `14.7 MB`.
std::string megabytes(std::uint64_t bytes);

/// A model of the recogniser's, or one that translates.
struct ListedModel {
  const models::Model* model = nullptr;
  const models::TranslationModel* translation = nullptr;  ///< null for the recogniser's
};

boost::json::object to_json(const ListedModel& listed, const ModelCondition& condition);

/// On stdout.
void print_models_head();
void print_model(const ListedModel& listed, const ModelCondition& condition);

}  // namespace sotto::app

#include "output/models_output.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <cstdio>

#include "models/folders.hpp"

namespace sotto::app {

namespace {

constexpr const char* row = "%-18s %-8s %9s  %-10s %-44s %s\n";

boost::json::value optional_number(const std::optional<double>& number) {
  return number ? boost::json::value(*number) : boost::json::value(nullptr);
}

// What it is for, and how good it is.
std::string purpose(const ListedModel& listed) {
  std::string text = listed.model->purpose;
  if (!listed.translation) return text;
  if (listed.translation->bleu) {
    std::array<char, 32> score{};
    std::snprintf(score.data(), score.size(), ", BLEU %.1f", *listed.translation->bleu);
    text += score.data();
  }
  return text + (listed.translation->recommended ? ", recommended" : "");
}

}  // namespace

ModelCondition condition(const models::Model& model, models::Depth depth) {
  const auto folders = models::folders();
  const auto own = models::own_folder();
  const auto found = models::find(model, folders);
  // Files that are there and wrong are told, before the folder that has none.
  ModelCondition result{"ready", found.value_or(own.value_or(std::filesystem::path())), {}};
  if (found && depth == models::Depth::sizes) return result;
  if (found) {
    result.faults = models::faults(model, *found, depth);
    if (!result.faults.empty()) result.state = "damaged";
    return result;
  }
  result.faults = models::faults(model, result.folder, depth);
  std::size_t missing = 0;
  for (const Error& fault : result.faults) missing += fault.code == ErrorCode::not_found ? 1 : 0;
  if (missing < model.files.size())
    result.state = "damaged";
  else
    result.state = own && models::is_removed(model, *own) ? "removed" : "missing";
  return result;
}

std::string megabytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text.data();
}

boost::json::object to_json(const ListedModel& listed, const ModelCondition& condition) {
  boost::json::array faults;
  for (const Error& fault : condition.faults)
    faults.push_back(boost::json::object{
        {"file", fault.field}, {"code", to_string(fault.code)}, {"message", fault.message}});
  const models::Model& model = *listed.model;
  boost::json::object json{{"name", model.name},
                           {"purpose", model.purpose},
                           {"licence", model.licence},
                           {"package", model.package},
                           {"version", model.version},
                           {"bytes", model.size()},
                           {"optional", model.optional || listed.translation},
                           {"state", condition.state},
                           {"folder", condition.folder.string()},
                           {"faults", std::move(faults)}};
  if (const models::TranslationModel* of = listed.translation) {
    json["from"] = of->from;
    json["to"] = of->to;
    json["kind"] = of->kind;
    json["recommended"] = of->recommended;
    json["bleu"] = optional_number(of->bleu);
    json["comet"] = optional_number(of->comet);
  }
  return json;
}

void print_models_head() { std::printf(row, "MODEL", "STATE", "SIZE", "LICENCE", "FOR", "WHERE"); }

void print_model(const ListedModel& listed, const ModelCondition& condition) {
  const models::Model& model = *listed.model;
  std::printf(row, model.name.c_str(), condition.state.c_str(), megabytes(model.size()).c_str(),
              model.licence.c_str(), purpose(listed).c_str(),
              condition.is_missing() ? "-" : condition.folder.c_str());
  if (condition.state == "damaged")
    std::printf("    %s\n", condition.faults.front().message.c_str());
}

}  // namespace sotto::app

#include "providers/bergamot/routes.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace sotto::providers::bergamot {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 3> kinds{"base", "base-memory", "tiny"};  // the best first
const Language english("en");

std::size_t rank(const std::string& kind) {
  return static_cast<std::size_t>(std::find(kinds.begin(), kinds.end(), kind) - kinds.begin());
}

/// Whether the files that a model takes are there.
bool is_complete(const fs::path& folder) {
  bool model = false;
  bool shortlist = false;
  bool shared = false;
  bool source = false;
  bool target = false;
  std::error_code error;
  fs::directory_iterator files(folder, error);
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const std::string name = files->path().filename().string();
    const auto is = [&](std::string_view begin, std::string_view end) {
      return name.starts_with(begin) && name.ends_with(end);
    };
    model = model || is("model.", ".bin.gz");
    shortlist = shortlist || is("lex.", ".bin.gz");
    shared = shared || is("vocab.", ".spm.gz");
    source = source || is("srcvocab.", ".spm.gz");
    target = target || is("trgvocab.", ".spm.gz");
  }
  return model && shortlist && (shared || (source && target));
}

}  // namespace

std::optional<InstalledModel> model_of(std::string_view folder_name) {
  constexpr std::size_t dash = 4;  // behind two languages of two letters
  if (folder_name.size() <= dash || folder_name[dash] != '-') return std::nullopt;
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const std::string_view languages = folder_name.substr(0, dash);
  if (!std::all_of(languages.begin(), languages.end(), is_lower)) return std::nullopt;
  LanguagePair pair{Language(std::string(languages.substr(0, 2))),
                    Language(std::string(languages.substr(2)))};
  std::string kind(folder_name.substr(dash + 1));
  if (pair.source == pair.target || rank(kind) == kinds.size()) return std::nullopt;
  return InstalledModel{std::move(pair), std::move(kind), {}};
}

std::map<LanguagePair, InstalledModel> find_models(const std::vector<fs::path>& folders) {
  std::map<LanguagePair, InstalledModel> best;
  for (const fs::path& folder : folders) {
    std::error_code error;
    fs::directory_iterator entries(folder / "bergamot", error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      auto model = model_of(entries->path().filename().string());
      if (!model || !is_complete(entries->path())) continue;
      model->folder = entries->path();
      const auto known = best.find(model->pair);
      if (known != best.end() && rank(known->second.kind) <= rank(model->kind)) continue;
      best.insert_or_assign(model->pair, *model);
    }
  }
  return best;
}

Routes routes_of(const std::map<LanguagePair, InstalledModel>& models) {
  Routes routes;
  for (const auto& [pair, model] : models) routes[pair] = Route{{model}};
  for (const auto& [into, first] : models) {
    if (into.target != english) continue;
    for (const auto& [out_of, second] : models) {
      if (out_of.source != english || out_of.target == into.source) continue;
      routes.try_emplace({into.source, out_of.target}, Route{{first, second}});
    }
  }
  return routes;
}

}  // namespace sotto::providers::bergamot

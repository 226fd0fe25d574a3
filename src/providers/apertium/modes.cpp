#include "providers/apertium/modes.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace sotto::providers::apertium {

namespace {

/// The codes in the names of Apertium's released pairs, ISO 639-3, and ISO 639-1's; for Asturian,
/// Arpitan and Silesian, which have none, their own. Of the variants of a language, those of
/// Serbo-Croatian are languages with a code of their own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 56> codes{{
    {"afr", "af"},    {"ara", "ar"},  {"arg", "an"},  {"bel", "be"},    {"ben", "bn"},
    {"bre", "br"},    {"bul", "bg"},  {"cat", "ca"},  {"ces", "cs"},    {"cym", "cy"},
    {"dan", "da"},    {"deu", "de"},  {"ell", "el"},  {"eng", "en"},    {"epo", "eo"},
    {"est", "et"},    {"eus", "eu"},  {"fao", "fo"},  {"fin", "fi"},    {"fra", "fr"},
    {"gle", "ga"},    {"glg", "gl"},  {"hbs", "sh"},  {"hin", "hi"},    {"hrv", "hr"},
    {"hun", "hu"},    {"ind", "id"},  {"isl", "is"},  {"ita", "it"},    {"kaz", "kk"},
    {"lit", "lt"},    {"lvs", "lv"},  {"mkd", "mk"},  {"mlt", "mt"},    {"nld", "nl"},
    {"nno", "nn"},    {"nob", "nb"},  {"oci", "oc"},  {"pol", "pl"},    {"por", "pt"},
    {"ron", "ro"},    {"rus", "ru"},  {"slv", "sl"},  {"spa", "es"},    {"srd", "sc"},
    {"srp", "sr"},    {"swe", "sv"},  {"ukr", "uk"},  {"urd", "ur"},    {"zlm", "ms"},
    {"ast", "ast"},   {"frp", "frp"}, {"szl", "szl"}, {"hbs_BS", "bs"}, {"hbs_HR", "hr"},
    {"hbs_SR", "sr"},
}};

}  // namespace

std::optional<Language> language_of(std::string_view code) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (code.size() == 2 && std::all_of(code.begin(), code.end(), lower))
    return Language(std::string(code));
  const auto* const found = std::find_if(codes.begin(), codes.end(),
                                         [&](const auto& entry) { return entry.first == code; });
  if (found == codes.end()) return std::nullopt;
  return Language(std::string(found->second));
}

std::optional<LanguagePair> pair_of(std::string_view mode_name) {
  const std::size_t dash = mode_name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto source = language_of(mode_name.substr(0, dash));
  auto target = language_of(mode_name.substr(dash + 1));
  if (!source || !target || *source == *target) return std::nullopt;
  return LanguagePair{std::move(*source), std::move(*target)};
}

std::optional<Language> pivot_of(const Modes& modes, const LanguagePair& pair) {
  const Language pivot{"es"};
  if (modes.contains(pair) || pair.source == pair.target) return std::nullopt;
  if (!modes.contains({pair.source, pivot}) || !modes.contains({pivot, pair.target}))
    return std::nullopt;
  return pivot;
}

std::vector<LanguagePair> pivoted_pairs(const Modes& modes) {
  std::vector<LanguagePair> pairs;
  for (const auto& [first, file] : modes)
    for (const auto& [second, other] : modes) {
      LanguagePair pair{first.source, second.target};
      if (first.target == second.source && pivot_of(modes, pair) == first.target)
        pairs.push_back(std::move(pair));
    }
  return pairs;
}

Result<Modes> find_modes(const std::filesystem::path& directory) {
  Modes modes;
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::filesystem::path& file = entries->path();
    if (file.extension() != ".mode") continue;
    const auto pair = pair_of(file.stem().string());
    if (!pair) continue;
    auto& chosen = modes[*pair];
    if (chosen.stem().string().size() < file.stem().string().size()) chosen = file;
  }
  if (modes.empty()) {
    return fail(ErrorCode::not_found,
                "no Apertium language pair in " + directory.string() +
                    "; install the Debian packages apertium and apertium-eng-spa or "
                    "apertium-eng-cat",
                "modes_directory");
  }
  return modes;
}

}  // namespace sotto::providers::apertium

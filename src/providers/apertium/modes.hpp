#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::providers::apertium {

/// The pairs that a modes directory offers, each with its mode file.
using Modes = std::map<LanguagePair, std::filesystem::path>;

/// The two-letter code (ISO 639-1) of a language that Apertium names by its three-letter code
/// (ISO 639-3) or already by two letters; for Asturian, Arpitan and Silesian, which have none, the
/// three-letter one. Nothing for other languages. Serbo-Croatian (`hbs`) is `sh`, and its variants
/// `hbs_BS`, `hbs_HR` and `hbs_SR` are Bosnian, Croatian and Serbian.
std::optional<Language> language_of(std::string_view apertium_code);

/// The pair of a mode file's name without its ending, such as `eng-spa` or `en-gl`. Nothing for a
/// regional variant (`eng-cat_valencia`), a debug mode (`eng-spa-tagger`), or an unknown language.
std::optional<LanguagePair> pair_of(std::string_view mode_name);

/// The language between two that `modes` has no pair for: Spanish, out of which Apertium has most
/// pairs, where there are pairs into it and out of it. Else nothing.
std::optional<Language> pivot_of(const Modes& modes, const LanguagePair& pair);

/// The pairs that a pivot makes, none of which `modes` has.
std::vector<LanguagePair> pivoted_pairs(const Modes& modes);

/// Reads the names in `directory`. Where a pair is there twice (`eng-spa`, `en-es`) the
/// three-letter one, the newer, wins. Errors: `not_found` when the directory is missing or holds
/// no pair.
Result<Modes> find_modes(const std::filesystem::path& directory);

}  // namespace sotto::providers::apertium

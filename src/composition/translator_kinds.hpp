#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "composition/translators.hpp"

namespace sotto::composition {

/// Whether a translator's name is followed by `:` and where it is.
enum class Place : unsigned char { none, needed, allowed };

/// What a kind of translator is made of.
struct KindParts {
  const TranslatorChoice& choice;
  const TranslatorParts& parts;
};

/// A translator by its name in --translator.
struct TranslatorKind {
  std::string_view name;
  Place place;
  std::string_view about;  ///< a few words for a list
  Result<ChosenTranslator> (*make)(const std::string& place, const KindParts& parts);
};

/// The kind of a name, or null.
const TranslatorKind* find_kind(std::string_view name);

/// All of them, as people write them: `auto, bergamot, apertium, libretranslate:URL`.
std::string known_translators();

/// The same for people who read help: each with what it is.
std::string explained_translators();

}  // namespace sotto::composition

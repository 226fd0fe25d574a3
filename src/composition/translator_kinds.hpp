#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "composition/translators.hpp"
#include "ports/translator.hpp"

namespace sotto::composition {

/// Whether a translator's name is followed by `:` and where it is.
enum class TranslatorPlace : unsigned char { none, needed, allowed };

/// A kind of translator, as --translator names it.
struct TranslatorKind {
  std::string_view name;
  TranslatorPlace place;
  /// Makes one. Errors: `not_found` where its engine, or what it must be told, is missing, saying
  /// what to do; its settings' errors.
  Result<std::unique_ptr<ports::Translator>> (*make)(const std::string& place,
                                                     const TranslatorParts& parts);
};

/// The kinds there are.
std::span<const TranslatorKind> translator_kinds();

/// Those of `auto`, by name: the first that is installed is asked first.
std::span<const std::string_view> automatic_translators();

}  // namespace sotto::composition

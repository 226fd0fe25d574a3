#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "models/manifest.hpp"

namespace sotto::models {

/// A model of Firefox's that translates one language into another.
struct TranslationModel {
  /// Named FROM-TO-KIND, such as en-es-tiny; its files are in bergamot/FROMTO-KIND/. The package is
  /// the repository that it comes from, the version a commit there.
  Model model;
  std::string from, to;  ///< ISO 639-1; one of them is always en
  std::string kind;      ///< tiny, base-memory or base: the fastest first
  /// Of FLORES-200 devtest, by the model's authors.
  std::optional<double> bleu, comet;
  /// The one to take of its pair: the smallest that is at most 3 BLEU below the best.
  bool recommended = false;
};

/// The translation models that are offered.
class TranslationModels {
 public:
  /// Reads a list in the form of models/translation.tsv. Errors: `invalid_argument` naming the
  /// line.
  static Result<TranslationModels> parse(std::string_view text);

  /// By pair, and then by kind, the smallest first.
  const std::vector<TranslationModel>& all() const { return models_; }
  std::size_t pairs() const;

  /// Those of a pair.
  std::vector<const TranslationModel*> of_pair(std::string_view from, std::string_view to) const;

  /// The models that a name means. `en-es-tiny` (or `enes-tiny`) is one model; `en-es` (or `enes`)
  /// is the pair's recommended one; `fr-es`, which no model translates, is two: into English and
  /// from there. Errors: `not_found`, naming what is known; its field is `model`.
  Result<std::vector<const TranslationModel*>> named(std::string_view name) const;

  /// All kinds of the pair that a name means, of one or of two models; for a name with a kind as
  /// named().
  Result<std::vector<const TranslationModel*>> kinds_named(std::string_view name) const;

  /// Whether a name has the form of those that named() takes, known or not.
  static bool is_name(std::string_view name);

 private:
  Result<> read_line(std::string_view line);
  void choose();
  std::string languages() const;

  std::string repository_, commit_, licence_;
  std::vector<TranslationModel> models_;
};

/// The list in force: the program's own, or that of the file which SOTTO_TRANSLATION_MODELS names,
/// for models of one's own. It is read once. Thread-safe.
const TranslationModels& translation_models();

/// Whether that file could be read; where not, the program's own list is in force. Errors:
/// `not_found`, `invalid_argument`, `permission_denied`, `unavailable`.
const Result<>& translation_models_read();

}  // namespace sotto::models

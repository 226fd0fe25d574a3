#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/translator.hpp"
#include "providers/apertium/settings.hpp"

namespace sotto::providers::apertium {

class PairWorker;

/// Translates with Apertium, one long-running pipeline of its programs for each pair in use,
/// reached over pipes (Apertium is GPL and stays separate processes). A sentence takes 2 to 4 ms;
/// a pair's first one about 0.5 s, while the dictionaries are loaded, and a pair then holds 120 to
/// 160 MB. A pipeline that ends, hangs or answers nonsense is ended as a whole and replaced, and
/// its text tried once more. Where no pair is installed but one into Spanish and one out of it, the
/// text goes through both, one after the other: at twice the time and memory, and with the faults
/// of both.
///
/// Thread-safe. Requests that are accepted are answered in order for each pair, by that pair's
/// thread; refusals (`not_found`, `invalid_argument`, `resource_exhausted`) come at once, from the
/// caller's. A text without a letter or digit is returned as it is. Never destroy it from a
/// completion.
class ApertiumTranslator : public ports::Translator {
 public:
  /// Looks at what is installed; starts nothing yet. Errors: `invalid_argument` (a setting out of
  /// its range, named in `field`), `not_found` (no Apertium or no pair; says what to install).
  static Result<std::unique_ptr<ApertiumTranslator>> create(Settings settings);

  /// Answers what is open with `unavailable` and ends all processes, within about 0.3 s.
  ~ApertiumTranslator() override;

  std::vector<LanguagePair> pairs() const override;
  std::string name() const override { return "Apertium"; }
  std::vector<ports::TranslationOffer> offers() const override;
  void translate(const LanguagePair& pair, std::string text, Completion done) override;

  /// The process group of an installed pair's pipeline while one runs, for operators and tests.
  std::optional<pid_t> process_group(const LanguagePair& pair) const;

 private:
  ApertiumTranslator() = default;

  // Constant after create().
  std::map<LanguagePair, std::unique_ptr<PairWorker>> workers_;
  std::map<LanguagePair, Language> pivots_;
};

}  // namespace sotto::providers::apertium

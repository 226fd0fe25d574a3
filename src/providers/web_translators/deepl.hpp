#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ports/translator.hpp"
#include "providers/web_translators/pair_lines.hpp"
#include "providers/web_translators/service.hpp"
#include "providers/web_translators/settings.hpp"

namespace sotto::providers::web_translators {

struct DeepLSettings {
  std::string
      key;  ///< required; one that ends in ":fx" is of the free plan, which has its own host
  /// Another server than DeepL's, as for tests; empty: as the key says.
  std::string url = {};
  Formality formality = Formality::as_is;
  std::string english = "EN-US";     ///< or EN-GB
  std::string portuguese = "PT-PT";  ///< or PT-BR
  Limits limits = {};
};

/// Translates with DeepL (https://developers.deepl.com, `/v2/translate`). What waits for one pair
/// and has the same context goes out together. Context is not billed and not translated. Formality
/// is asked for only where the target has it. A usage limit that is reached is
/// `resource_exhausted`, and nothing is asked for ten minutes. Thread-safe; never destroy it from a
/// completion. Its destructor waits for calls under way, at most `limits.deadline`.
class DeepLTranslator : public ports::Translator {
 public:
  /// Calls nothing yet. Errors: `invalid_argument`, naming the setting in `field`.
  static Result<std::unique_ptr<DeepLTranslator>> create(DeepLSettings settings,
                                                         Dependencies dependencies);
  ~DeepLTranslator() override;

  /// All pairs of the languages that DeepL had in both directions in 2025; no call.
  std::vector<LanguagePair> pairs() const override;
  std::string name() const override { return "DeepL"; }
  void translate(const LanguagePair& pair, std::string text, Completion done) override;
  void translate_in_context(const LanguagePair& pair, std::string text,
                            ports::TranslationContext context, Completion done) override;

 private:
  DeepLTranslator(DeepLSettings settings, Service::Config config, Dependencies dependencies);
  using Answers = std::vector<Result<std::string>>;
  Answers ask(const LanguagePair& pair, std::span<const LineRequest> batch);

  const DeepLSettings settings_;
  Service service_;
  PairLines lines_;  // last: its threads use the rest
};

}  // namespace sotto::providers::web_translators

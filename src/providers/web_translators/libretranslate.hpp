#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ports/translator.hpp"
#include "providers/web_translators/language_list.hpp"
#include "providers/web_translators/pair_lines.hpp"
#include "providers/web_translators/service.hpp"
#include "providers/web_translators/settings.hpp"

namespace sotto::providers::web_translators {

struct LibreTranslateSettings {
  std::string url;  ///< of the server, such as `http://localhost:5000`
  std::string key;  ///< its API key; empty: none
  /// How long pairs() may wait, after create(), for the server to say what it has. 0 to 30 s.
  milliseconds languages_patience{2'000};
  Limits limits;
};

/// Translates with a LibreTranslate server (https://docs.libretranslate.com, `/translate` and
/// `/languages`). What waits for one pair goes out together, as one request with several texts.
/// Its pairs are read in the background; until they are known, pairs() is empty and texts wait.
/// Thread-safe; never destroy it from a completion. Its destructor waits for calls under way, at
/// most `limits.deadline`.
class LibreTranslateTranslator : public ports::Translator {
 public:
  /// Asks for the server's languages without waiting for them. Errors: `invalid_argument` for a
  /// URL, a key or a limit, named in `field`.
  static Result<std::unique_ptr<LibreTranslateTranslator>> create(LibreTranslateSettings settings,
                                                                  Dependencies dependencies);
  ~LibreTranslateTranslator() override;

  /// Waits for the server's languages at the beginning, see `languages_patience`.
  std::vector<LanguagePair> pairs() const override;
  std::string name() const override { return "LibreTranslate"; }
  void translate(const LanguagePair& pair, std::string text, Completion done) override;

 private:
  LibreTranslateTranslator(LibreTranslateSettings settings, Service::Config config,
                           Dependencies dependencies);
  using Answers = std::vector<Result<std::string>>;
  Answers ask(const LanguagePair& pair, std::span<const LineRequest> batch);
  Answers ask_one_by_one(const LanguagePair& pair, std::span<const LineRequest> batch);
  Result<ServiceCodes> codes_of(const LanguagePair& pair,
                                supervision::SupervisionTime deadline) const;
  Result<std::vector<std::string>> post(const ServiceCodes& codes,
                                        std::span<const LineRequest> batch);

  const LibreTranslateSettings settings_;
  const supervision::SupervisionTime languages_by_;  // of the machine's clock

  Service service_;
  LanguageList languages_;
  std::atomic<bool> one_at_a_time_ = false;  // the server takes no batches
  PairLines lines_;                          // last: its threads use the rest
};

}  // namespace sotto::providers::web_translators

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::ports {

/// How good an engine is at a pair, where somebody has measured it: corpus BLEU and chrF, each from
/// 0 to 100, and COMET, at most 1.
struct TranslationQuality {
  std::string test_set = {};  ///< such as `FLORES-200 devtest`
  std::optional<double> bleu = {}, chrf = {}, comet = {};
};

/// A pair as an engine has it.
struct TranslationOffer {
  LanguagePair pair;
  std::string engine;   ///< as people know it: `Apertium`, `Bergamot enes-tiny`, `Amazon Translate`
  Language pivot = {};  ///< the language that it goes through, which costs quality; empty for none
  std::optional<TranslationQuality> quality = {};
};

/// What was said just before a text in the same session, for engines that translate better when
/// they know it: what a pronoun stands for, which of two meanings is meant. Never another
/// session's.
struct TranslationContext {
  static constexpr std::size_t most_segments = 3;
  static constexpr std::size_t max_bytes = 1000;  ///< of all together

  std::vector<std::string> before = {};  ///< source texts (UTF-8), the oldest first
  friend bool operator==(const TranslationContext&, const TranslationContext&) = default;
};

/// A machine translator: Apertium, Amazon Translate, a LibreTranslate server. Thread-safe. The
/// destructor first answers open requests with `unavailable`.
class Translator {
 public:
  /// Called exactly once for each request, from any thread; it must return quickly.
  using Completion = std::function<void(Result<std::string>)>;

  virtual ~Translator() = default;

  /// The pairs it can translate.
  virtual std::vector<LanguagePair> pairs() const = 0;

  /// What it is called, as people know it; the same for as long as it lives.
  virtual std::string name() const { return "translator"; }

  /// The same pairs and what is known of each. Where several engines have a pair, one offer for
  /// each, in the order in which they are asked.
  virtual std::vector<TranslationOffer> offers() const {
    std::vector<TranslationOffer> offers;
    for (const LanguagePair& pair : pairs()) offers.push_back({pair, name()});
    return offers;
  }

  /// Translates one piece of text (UTF-8 of at most max_text_bytes; plain text, no markup; line
  /// breaks count as spaces) and returns at once. Requests for one pair are answered in order.
  /// Errors, through `done`: `not_found` (unknown pair), `invalid_argument` (too long, not UTF-8),
  /// `resource_exhausted` (its bounded queue is full), `deadline_exceeded` and `unavailable` (the
  /// engine hangs or is down, also after the adapter's own restart and retry).
  virtual void translate(const LanguagePair& pair, std::string text, Completion done) = 0;

  /// The same for a text that follows `context`, which itself is not translated: a hint that most
  /// engines ignore. Where it goes beyond its bounds, as much of it is used as the engine likes.
  virtual void translate_in_context(const LanguagePair& pair, std::string text,
                                    TranslationContext context, Completion done) {
    static_cast<void>(context);
    translate(pair, std::move(text), std::move(done));
  }

  static constexpr std::size_t max_text_bytes = 8192;
};

}  // namespace sotto::ports

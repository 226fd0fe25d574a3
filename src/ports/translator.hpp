#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::ports {

/// A machine translator: Apertium, Amazon Translate, a LibreTranslate server. Thread-safe. The
/// destructor first answers open requests with `unavailable`.
class Translator {
 public:
  /// Called exactly once for each request, from any thread; it must return quickly.
  using Completion = std::function<void(Result<std::string>)>;

  virtual ~Translator() = default;

  /// The pairs it can translate.
  virtual std::vector<LanguagePair> pairs() const = 0;

  /// Translates one piece of text (UTF-8 of at most max_text_bytes; plain text, no markup; line
  /// breaks count as spaces) and returns at once. Requests for one pair are answered in order.
  /// Errors, through `done`: `not_found` (unknown pair), `invalid_argument` (too long, not UTF-8),
  /// `resource_exhausted` (its bounded queue is full), `deadline_exceeded` and `unavailable` (the
  /// engine hangs or is down, also after the adapter's own restart and retry).
  virtual void translate(const LanguagePair& pair, std::string text, Completion done) = 0;

  static constexpr std::size_t max_text_bytes = 8192;
};

}  // namespace sotto::ports

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/session_time.hpp"
#include "ports/translator.hpp"
#include "providers/chain/deadlines.hpp"

namespace sotto::providers::chain {

/// One translator of a chain.
struct Link {
  std::string name;  ///< as people know it: in notices and messages
  std::unique_ptr<ports::Translator> translator;
  /// The most that it may take of a request's time; without one, its share.
  std::optional<milliseconds> deadline = {};
};

/// Which links are asked, in their order: their places in the chain.
using Route = std::vector<std::size_t>;

/// How a chain goes on. Durations are positive.
struct Settings {
  /// How long a request may take in all, from translate() to its answer. Each link that may still
  /// be asked has an equal share of what is left of it, the last one all of it.
  milliseconds deadline{4'500};
  /// A link that has failed so often in a row with a pair, at least 1, is passed over for it ...
  int failures_to_pass_over = 3;
  /// ... for this long; then it gets one text to probe it.
  milliseconds passed_over_for{15'000};
  /// Requests of a pair that may be open, at least 1.
  std::size_t max_queued = 64;
  /// For a pair that `routes` does not name; empty: all links, in order.
  Route route = {};
  std::map<LanguagePair, Route> routes = {};
};

/// What came of asking a link.
enum class Outcome : unsigned char { translated, failed, deadline_exceeded, passed_over };

/// The name of an outcome, such as `deadline_exceeded`.
std::string_view to_string(Outcome outcome);

/// Told, from any thread, of what links do; each must return quickly, and any may be empty.
struct Notices {
  std::function<void(const std::string& link, Outcome)> on_outcome = {};
  /// A link is passed over for a pair from now on.
  std::function<void(const std::string& link, const LanguagePair&, const Error& reason)>
      on_passed_over = {};
  /// It is asked again.
  std::function<void(const std::string& link, const LanguagePair&)> on_return = {};
};

/// Translators in order: the first that has the pair and answers in its share of the time. Where
/// one fails, refuses or is late, the text goes to the next, and a late answer is ignored. A
/// translation that is not UTF-8 is a failure; an empty one goes to the next as well, and counts
/// where nobody has another. A link that keeps failing with a pair is passed over, and probed with
/// a copy of a text that the next one translates, so that nobody waits for the probe.
///
/// Requests of a pair are answered in their order, whoever answers them; up to `max_queued` go on
/// at the same time. Errors beside the port's: `unavailable` at once where every link is passed
/// over, else the last link's. Thread-safe. Never destroy it from a completion or a notice.
class ChainTranslator : public ports::Translator {
 public:
  /// Errors: `invalid_argument` (no link; a setting out of its range, named in `field`).
  static Result<std::unique_ptr<ChainTranslator>> create(
      std::vector<Link> links, Settings settings, Notices notices = {},
      std::unique_ptr<Deadlines> deadlines = real_deadlines());

  /// Answers what is open, and destroys the links.
  ~ChainTranslator() override;

  /// The pairs that a link of their route has. Asks the links, which may have got more since: what
  /// this returns is what can be translated from then on.
  std::vector<LanguagePair> pairs() const override;

  /// The names of the links that have a pair, such as `Bergamot, Apertium`.
  std::string name() const override;
  std::vector<ports::TranslationOffer> offers() const override;
  void translate(const LanguagePair& pair, std::string text, Completion done) override;
  void translate_in_context(const LanguagePair& pair, std::string text,
                            ports::TranslationContext context, Completion done) override;

 private:
  class Chain;
  explicit ChainTranslator(std::shared_ptr<Chain> chain);

  const std::shared_ptr<Chain> chain_;
};

}  // namespace sotto::providers::chain

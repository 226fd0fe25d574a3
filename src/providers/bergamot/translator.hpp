#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ports/translator.hpp"
#include "providers/bergamot/routes.hpp"
#include "providers/bergamot/settings.hpp"
#include "providers/bergamot/worker_process.hpp"

namespace sotto::providers::bergamot {

class PairWorker;

/// Translates with Firefox's models, which the Bergamot project's library runs (Marian in
/// WebAssembly, in Node.js): a process for each pair in use, reached over pipes. A sentence of 16
/// words takes 26 ms with a tiny model, a pair's first one 1 s, and a pair in use holds 330 MB; by
/// way of English 50 ms and 490 MB (bench/translation_worker). A process that ends, hangs or
/// answers nonsense is ended and replaced, and its text tried once more.
///
/// Thread-safe. Requests that are accepted are answered in order for each pair, by that pair's
/// thread; refusals (`not_found`, `invalid_argument`, `resource_exhausted`) come at once, from the
/// caller's. While a model loads for long, texts are answered `unavailable` at once. An answer that
/// is no translation (empty, repeating itself) is `unavailable` too. A text without a letter or
/// digit is returned as it is. Never destroy it from a completion.
class BergamotTranslator : public ports::Translator {
 public:
  /// Looks at what is installed; starts nothing yet. Errors: `invalid_argument` (a setting out of
  /// its range, named in `field`), `not_found` (no Node.js, no worker or its package, no model;
  /// says what to do).
  static Result<std::unique_ptr<BergamotTranslator>> create(Settings settings);

  /// Answers what is open with `unavailable` and ends all processes, within about 0.3 s.
  ~BergamotTranslator() override;

  std::vector<LanguagePair> pairs() const override;
  std::string name() const override { return "Bergamot"; }
  /// Names the models: `Bergamot enes-tiny`, and by way of English `Bergamot esen-tiny, enfr-tiny`.
  std::vector<ports::TranslationOffer> offers() const override;
  void translate(const LanguagePair& pair, std::string text, Completion done) override;

  /// Looks for models again: pairs that were not there are added. One that has been asked for stays
  /// as it is, with the model that it had, until the next start. Returns how many were added.
  std::size_t look_again();

  /// How a pair is translated: its models, their kind, and whether English is between them. Nothing
  /// for an unknown pair.
  std::optional<Route> route(const LanguagePair& pair) const;

  /// The process group of the pair's worker while one runs, for operators and tests.
  std::optional<pid_t> process_group(const LanguagePair& pair) const;

 private:
  struct Served {
    Route route;
    std::unique_ptr<PairWorker> worker;  // null until the pair's first request; then it stays
  };

  BergamotTranslator(Settings settings, WorkerProgram program);

  /// The pair's worker, made if need be. Errors: `not_found`, `resource_exhausted`.
  Result<PairWorker*> worker_of(const LanguagePair& pair);

  const Settings settings_;
  const WorkerProgram program_;

  mutable std::mutex mutex_;
  std::map<LanguagePair, Served> pairs_;  // guarded by mutex_; nothing is ever removed
};

}  // namespace sotto::providers::bergamot

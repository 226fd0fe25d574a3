#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ports/translator.hpp"
#include "providers/aws/client/client.hpp"
#include "supervision/serial_executor.hpp"

namespace sotto::providers::aws {

struct TranslateSettings {
  std::size_t max_queued = 64;                      ///< requests of a pair that may wait
  milliseconds deadline = std::chrono::seconds{5};  ///< for a request, retries included
};

/// Amazon Translate's TranslateText. A thread for each pair in use keeps its requests in order;
/// throttling is retried as Client does, then `resource_exhausted`. Blank text becomes empty text
/// without a call. Thread-safe; never destroy it from a completion. Its destructor waits for the
/// calls that are under way: at most `deadline`.
class TranslateTranslator : public ports::Translator {
 public:
  /// Calls nothing yet. Errors: `invalid_argument` (max_queued at least 1, deadline positive).
  static Result<std::unique_ptr<TranslateTranslator>> create(std::shared_ptr<Client> client,
                                                             TranslateSettings settings);
  ~TranslateTranslator() override;

  /// All pairs of the languages that both Transcribe streams and Translate translates.
  std::vector<LanguagePair> pairs() const override;
  std::string name() const override { return "Amazon Translate"; }
  void translate(const LanguagePair& pair, std::string text, Completion done) override;

 private:
  TranslateTranslator(std::shared_ptr<Client> client, TranslateSettings settings);
  Result<std::string> ask(const LanguagePair& pair, const std::string& text) const;

  const std::shared_ptr<Client> client_;
  const TranslateSettings settings_;

  std::mutex mutex_;
  bool stopping_ = false;  // guarded by mutex_
  std::map<LanguagePair, std::unique_ptr<supervision::SerialExecutor<std::string>>>
      executors_;  // until stopping_
};

}  // namespace sotto::providers::aws

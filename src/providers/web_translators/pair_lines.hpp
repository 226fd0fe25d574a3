#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "ports/translator.hpp"
#include "providers/web_translators/request_line.hpp"
#include "providers/web_translators/settings.hpp"

namespace sotto::providers::web_translators {

/// A line of requests for each pair in use, and what all translators here do with a text: refuse
/// what the port refuses, answer by itself what needs no engine, and give the rest, as one line
/// of plain text, a deadline and a turn. Thread-safe.
class PairLines {
 public:
  using Work = std::function<std::vector<Result<std::string>>(const LanguagePair&,
                                                              std::span<const LineRequest>)>;

  /// `work` as RequestLine's; `now` is asked when a request comes.
  PairLines(Limits limits, std::string service, std::function<supervision::SupervisionTime()> now,
            Work work);

  /// Answers what is open with `unavailable` and waits for calls under way.
  ~PairLines();
  PairLines(const PairLines&) = delete;
  PairLines& operator=(const PairLines&) = delete;

  /// Translates, see ports::Translator::translate(); the pair is checked by the caller.
  void submit(const LanguagePair& pair, const std::string& text, ports::TranslationContext context,
              const ports::Translator::Completion& done);

  /// Nothing more is taken, and what waits is answered; without waiting for calls under way.
  void request_stop();

  static constexpr std::size_t most_pairs = 512;

 private:
  RequestLine* line(const LanguagePair& pair);
  std::vector<Result<std::string>> ask(const LanguagePair& pair,
                                       std::span<const LineRequest> batch) const;

  const Limits limits_;
  const std::string service_;
  const std::function<supervision::SupervisionTime()> now_;
  const Work work_;

  std::mutex mutex_;
  bool stopping_ = false;                                       // guarded by mutex_
  std::map<LanguagePair, std::unique_ptr<RequestLine>> lines_;  // grows under mutex_
};

}  // namespace sotto::providers::web_translators

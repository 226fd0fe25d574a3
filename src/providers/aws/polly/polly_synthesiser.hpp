#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ports/synthesiser.hpp"
#include "providers/aws/client/client.hpp"
#include "supervision/serial_executor.hpp"

namespace sotto::providers::aws {

struct PollySettings {
  std::size_t max_queued = 64;                      ///< requests of a language that may wait
  milliseconds deadline = std::chrono::seconds{5};  ///< for a request, retries included
};

struct PollyVoice;

/// Amazon Polly's SynthesizeSpeech: 16 kHz PCM of a neural voice, or of the language's standard one
/// where the region has no neural voices (noticed at the first refusal, then remembered). A thread
/// for each language in use keeps its requests in order. Polly itself refuses texts of more than
/// 3,000 characters: `invalid_argument` in their turn. Thread-safe; never destroy it from a
/// completion. Its destructor waits for the calls that are under way: at most `deadline`.
class PollySynthesiser : public ports::Synthesiser {
 public:
  /// Calls nothing yet. Errors: `invalid_argument` (max_queued at least 1, deadline positive).
  static Result<std::unique_ptr<PollySynthesiser>> create(std::shared_ptr<Client> client,
                                                          PollySettings settings);
  ~PollySynthesiser() override;

  std::vector<Language> languages() const override;
  std::string voice(const Language& language) const override;
  void speak(const Language& language, std::string text, Completion done) override;

 private:
  using Line = supervision::SerialExecutor<ports::SpokenAudio>;

  PollySynthesiser(std::shared_ptr<Client> client, PollySettings settings);
  Result<ports::SpokenAudio> ask(const PollyVoice& voice, const std::string& text);
  Result<ports::SpokenAudio> ask_for(const char* engine, const char* voice,
                                     const std::string& text) const;

  const std::shared_ptr<Client> client_;
  const PollySettings settings_;
  std::atomic<bool> no_neural_ = false;

  std::mutex mutex_;
  bool stopping_ = false;                                // guarded by mutex_
  std::map<Language, std::unique_ptr<Line>> executors_;  // guarded by mutex_ until stopping_
};

}  // namespace sotto::providers::aws

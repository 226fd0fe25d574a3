#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/session_time.hpp"
#include "ports/synthesiser.hpp"
#include "tests/support/bell.hpp"

namespace sotto::contract {

/// Collects answers: how often each request was answered, with what, and in which order.
/// Thread-safe; shared with the completions, so that one that comes too late is still seen.
class SpeechAnswers {
 public:
  struct Answer {
    std::size_t request;
    Result<ports::SpokenAudio> result;
  };

  ports::Synthesiser::Completion completion(std::size_t request) {
    return [state = state_, request](Result<ports::SpokenAudio> result) {
      {
        const std::lock_guard lock(state->mutex);
        state->answers.push_back({request, std::move(result)});
      }
      state->bell.ring();
    };
  }

  /// Waits until `count` answers are there; false when none comes for a minute.
  bool wait_for(std::size_t count) {
    return state_->bell.wait_until([&] {
      const std::lock_guard lock(state_->mutex);
      return state_->answers.size() >= count;
    });
  }

  std::vector<Answer> all() const {
    const std::lock_guard lock(state_->mutex);
    return state_->answers;
  }

 private:
  struct State {
    std::mutex mutex;
    std::vector<Answer> answers;
    testing::Bell bell;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// One request and its answer; `internal` when none comes.
inline Result<ports::SpokenAudio> speak_one(ports::Synthesiser& synthesiser,
                                            const Language& language, std::string text) {
  SpeechAnswers answers;
  synthesiser.speak(language, std::move(text), answers.completion(0));
  if (!answers.wait_for(1)) return fail(ErrorCode::internal, "no answer");
  return answers.all().front().result;
}

inline milliseconds duration_of(const ports::SpokenAudio& audio) {
  if (audio.sample_rate <= 0) return milliseconds{0};
  return milliseconds{static_cast<milliseconds::rep>(audio.samples.size()) * 1'000 /
                      audio.sample_rate};
}

/// Root mean square of the samples.
inline double loudness_of(const ports::SpokenAudio& audio) {
  double sum = 0;
  for (const std::int16_t sample : audio.samples) sum += double{1} * sample * sample;
  return audio.samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(audio.samples.size()));
}

}  // namespace sotto::contract

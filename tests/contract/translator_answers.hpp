#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ports/translator.hpp"

namespace sotto::contract {

/// Collects answers: how often each request was answered, with what, and in which order.
/// Thread-safe; shared with the completions, so that one that comes too late is still seen.
class Answers {
 public:
  struct Answer {
    std::size_t request;
    Result<std::string> result;
  };

  ports::Translator::Completion completion(std::size_t request) {
    return [state = state_, request](Result<std::string> result) {
      const std::lock_guard lock(state->mutex);
      state->answers.push_back({request, std::move(result)});
      state->changed.notify_all();
    };
  }

  /// Waits until `count` answers are there; false when they do not come within 100 seconds.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, std::chrono::seconds{100},
                                    [&] { return state_->answers.size() >= count; });
  }

  std::vector<Answer> all() const {
    const std::lock_guard lock(state_->mutex);
    return state_->answers;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Answer> answers;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// One request and its answer; `internal` when none comes.
inline Result<std::string> translate_one(ports::Translator& translator, const LanguagePair& pair,
                                         std::string text) {
  Answers answers;
  translator.translate(pair, std::move(text), answers.completion(0));
  if (!answers.wait_for(1)) return fail(ErrorCode::internal, "no answer");
  return answers.all().front().result;
}

}  // namespace sotto::contract

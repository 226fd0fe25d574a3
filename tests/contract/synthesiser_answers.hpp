#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "base/session_time.hpp"
#include "ports/synthesiser.hpp"
#include "tests/contract/answers.hpp"

namespace sotto::contract {

using SpeechAnswers = AnswersOf<ports::SpokenAudio>;

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

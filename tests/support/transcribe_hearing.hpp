#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/session_time.hpp"

namespace sotto::testing {

/// Audio, 16 kHz, that TranscribeHearing hears as words: each of `words` a second of the constant
/// sample 100 times its number, 0 a second of silence.
inline std::vector<std::int16_t> marked_audio(const std::vector<int>& words) {
  std::vector<std::int16_t> samples;
  for (const int word : words)
    samples.insert(samples.end(), 16'000, static_cast<short>(word * 100));
  return samples;
}

/// A recogniser of marked audio: word 7 is `w7`, from its first sample to its last, and heard once
/// 0.3 s of it have come. A hypothesis after every third frame with words; a final after so many
/// words or 0.5 s of silence.
class TranscribeHearing {
 public:
  TranscribeHearing(std::string id_prefix, std::size_t words_a_segment)
      : id_prefix_(std::move(id_prefix)), words_a_segment_(words_a_segment) {}

  /// What is said of the next audio: Transcribe's JSON, a message each.
  std::vector<std::string> hear(std::span<const std::int16_t> samples);
  /// The end of the audio.
  std::vector<std::string> finish();

 private:
  struct Word {
    int number;
    std::uint64_t begin, end;  // samples
  };

  void end_run(std::vector<std::string>& said);
  std::string say(bool is_partial);

  const std::string id_prefix_;
  const std::size_t words_a_segment_;
  std::uint64_t heard_ = 0;
  int run_ = 0;  // the number of the word, 0 silence
  std::uint64_t run_begin_ = 0;
  std::vector<Word> segment_;
  int segments_ = 0;
  int frames_ = 0;
};

}  // namespace sotto::testing

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sotto::bench {

/// Recordings joined to one talk without pauses, and what is said in it.
struct Speech {
  std::filesystem::path file;  ///< a WAV file, 16 kHz mono
  std::string text;
  double seconds = 0;
};

/// Joins recordings of `folder` in order until `seconds` are reached, beginning with recording
/// number `first`, and writes the talk to `file`. The folder holds WAV files and either
/// `manifest.jsonl` (an object a line with `file` and `text`) or, as Debian's pocketsphinx-testdata
/// has it, `fileids` and `transcription` side by side.
Result<Speech> join_speech(const std::filesystem::path& folder, double seconds, std::size_t first,
                           const std::filesystem::path& file);

/// Word errors (Levenshtein over words, case and punctuation aside) over the words of `reference`.
double word_error_rate(const std::string& reference, const std::string& heard);

}  // namespace sotto::bench

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sotto::bench {

/// A recording and what is said in it.
struct Recording {
  std::filesystem::path file;
  std::string text;
};

/// The recordings of `folder`: WAV files and either `manifest.jsonl` (an object a line with `file`
/// and `text`) or, as Debian's pocketsphinx-testdata has it, `fileids` and `transcription` side by
/// side. Errors: `not_found`.
Result<std::vector<Recording>> read_recordings(const std::filesystem::path& folder);

/// Recordings joined to one talk without pauses, and what is said in it.
struct Speech {
  std::filesystem::path file;  ///< a WAV file, 16 kHz mono
  std::string text;
  double seconds = 0;
};

/// Joins recordings of `folder` in order until `seconds` are reached, beginning with recording
/// number `first`, and writes the talk to `file`. `folder` as for read_recordings().
Result<Speech> join_speech(const std::filesystem::path& folder, double seconds, std::size_t first,
                           const std::filesystem::path& file);

/// Words that are wrong (Levenshtein over words, case and marks aside) of those of `reference`.
struct WordErrors {
  std::size_t wrong = 0;
  std::size_t words = 0;
};
WordErrors word_errors(const std::string& reference, const std::string& heard);

/// The one over the other; 0 without words.
double word_error_rate(const std::string& reference, const std::string& heard);

}  // namespace sotto::bench

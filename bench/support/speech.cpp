#include "support/speech.hpp"

#include <sndfile.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <fstream>
#include <numeric>
#include <sstream>

#include "audio/recording.hpp"
#include "base/sample_clock.hpp"

namespace sotto::bench {

namespace {

std::vector<Recording> read_manifest(const std::filesystem::path& folder) {
  std::vector<Recording> recordings;
  std::ifstream manifest(folder / "manifest.jsonl");
  for (std::string line; std::getline(manifest, line);) {
    const auto object = boost::json::parse(line).as_object();
    recordings.push_back({folder / std::string(object.at("file").as_string()),
                          std::string(object.at("text").as_string())});
  }
  return recordings;
}

// "<s> text of it </s> (file id)", a line each.
std::vector<Recording> read_transcription(const std::filesystem::path& folder) {
  std::vector<Recording> recordings;
  std::ifstream transcription(folder / "transcription");
  for (std::string line; std::getline(transcription, line);) {
    const std::size_t open = line.rfind('('), close = line.rfind(')');
    if (open == std::string::npos || close == std::string::npos) continue;
    std::istringstream words(line.substr(0, open));
    std::string text;
    for (std::string word; words >> word;)
      if (word.front() != '<') text += (text.empty() ? "" : " ") + word;
    recordings.push_back({folder / (line.substr(open + 1, close - open - 1) + ".wav"), text});
  }
  return recordings;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    std::string plain;
    for (char c : word) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) || c == '\'') plain += static_cast<char>(std::tolower(byte));
    }
    // Quotes are marks, apostrophes within a word are not.
    while (!plain.empty() && plain.front() == '\'') plain.erase(0, 1);
    while (!plain.empty() && plain.back() == '\'') plain.pop_back();
    if (!plain.empty()) words.push_back(plain);
  }
  return words;
}

}  // namespace

Result<std::vector<Recording>> read_recordings(const std::filesystem::path& folder) {
  std::vector<Recording> recordings = read_manifest(folder);
  if (recordings.empty()) recordings = read_transcription(folder);
  if (recordings.empty())
    return fail(ErrorCode::not_found, "no manifest.jsonl or transcription in " + folder.string(),
                "folder");
  return recordings;
}

Result<Speech> join_speech(const std::filesystem::path& folder, double seconds, std::size_t first,
                           const std::filesystem::path& file) {
  const auto found = read_recordings(folder);
  if (!found) return tl::unexpected(found.error());
  const std::vector<Recording>& recordings = *found;
  Speech speech;
  std::vector<std::int16_t> samples;
  const auto wanted = static_cast<std::size_t>(seconds * sample_rate);
  for (std::size_t i = first; samples.size() < wanted; ++i) {
    const Recording& recording = recordings[i % recordings.size()];
    const auto more = audio::read_recording(recording.file);
    if (!more) return tl::unexpected(more.error());
    samples.insert(samples.end(), more->begin(), more->end());
    speech.text += (speech.text.empty() ? "" : " ") + recording.text;
  }
  SF_INFO info{};
  info.samplerate = sample_rate;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  SNDFILE* out = sf_open(file.c_str(), SFM_WRITE, &info);
  if (!out) return fail(ErrorCode::unavailable, "cannot write " + file.string(), "file");
  sf_write_short(out, samples.data(), static_cast<sf_count_t>(samples.size()));
  sf_close(out);
  speech.file = file;
  speech.seconds = to_seconds(audio_length(samples.size()));
  return speech;
}

WordErrors word_errors(const std::string& reference, const std::string& heard) {
  const auto a = words_of(reference), b = words_of(heard);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return {row[b.size()], a.size()};
}

double word_error_rate(const std::string& reference, const std::string& heard) {
  const WordErrors errors = word_errors(reference, heard);
  return errors.words == 0 ? 0
                           : static_cast<double>(errors.wrong) / static_cast<double>(errors.words);
}

}  // namespace sotto::bench

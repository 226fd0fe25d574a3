#include "tests/support/librivox.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "audio/wav_reader.hpp"

namespace sotto::testing {
namespace {

const std::filesystem::path folder = "/usr/share/pocketsphinx/test/data/librivox";

std::string line_of(const char* file, std::size_t index) {
  std::ifstream lines(folder / file);
  std::string line;
  for (std::size_t i = 0; i <= index && std::getline(lines, line); ++i) {
  }
  return line;
}

}  // namespace

std::vector<std::int16_t> librivox_sentence(std::size_t index) {
  auto reader = audio::WavReader::open(folder / (line_of("fileids", index) + ".wav"));
  if (!reader) {
    ADD_FAILURE() << reader.error().message << "; install pocketsphinx-testdata";
    return {};
  }
  std::vector<std::int16_t> samples(reader->frames());
  EXPECT_EQ(reader->read(samples).value_or(0), samples.size());
  return samples;
}

std::string librivox_text(std::size_t index) {
  const std::string line = line_of("transcription", index);
  const auto begin = line.find("<s> ") + 4;
  return line.substr(begin, line.find(" </s>") - begin);
}

std::vector<std::int16_t> librivox_talk() {
  std::vector<std::int16_t> talk;
  for (std::size_t i = 0; i < librivox_sentences; ++i) {
    const auto sentence = librivox_sentence(i);
    talk.insert(talk.end(), sentence.begin(), sentence.end());
  }
  return talk;
}

std::string librivox_talk_text() {
  std::string text;
  for (std::size_t i = 0; i < librivox_sentences; ++i) {
    if (i > 0) text += ' ';
    text += librivox_text(i);
  }
  return text;
}

}  // namespace sotto::testing

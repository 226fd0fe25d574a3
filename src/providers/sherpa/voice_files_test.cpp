#include "providers/sherpa/voice_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/sherpa/test_support.hpp"

namespace sotto::providers::sherpa {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class VoiceFolder : public ::testing::Test {
 protected:
  // What is found for each language, as `en=Piper test`.
  std::string found() const {
    const auto voices = find_voices(folder_.path());
    if (!voices) return "error: " + voices.error().message;
    std::string all;
    for (const auto& [language, voice] : voices->voices) {
      EXPECT_EQ(voice.language, language);
      all += (all.empty() ? "" : ", ") + language.str() + "=" + voice.name;
    }
    return all;
  }

  void write_style_voice(const std::string& folder) const {
    fs::create_directories(folder_.path() / folder);
    for (const char* const file : {"model.onnx", "voices.bin", "tokens.txt"})
      folder_.write(folder + "/" + file, "x");
  }

  test::TemporaryDirectory folder_;
};

TEST_F(VoiceFolder, MayBeOneVoice) {
  const fs::path model = test::write_voice(folder_, "en_US-test-low");
  EXPECT_EQ(found(), "en=Piper test");
  const auto voice = voice_at(model);
  ASSERT_TRUE(voice);
  EXPECT_EQ(voice->model, fs::absolute(model));
  EXPECT_EQ(voice->kind, VoiceKind::piper);
  EXPECT_EQ(voice->espeak_voice, "en-us");
}

TEST_F(VoiceFolder, MayHaveSeveralVoicesAndFolders) {
  test::write_voice(folder_, "en_US-test", "en_US");
  test::write_voice(folder_, "spanish/deeper/voice", "es_ES");
  test::write_voice(folder_, "much/too/deep/to/find", "fr_FR");
  write_style_voice("kokoro-ca-v1_0");
  write_style_voice("it/KittenTTS");
  EXPECT_EQ(found(), "ca=Kokoro, en=Piper test, es=Piper test, it=Kitten");
}

TEST_F(VoiceFolder, TheFirstOfALanguageIsTaken) {
  test::write_voice(folder_, "b", "en_GB");
  test::write_voice(folder_, "a", "en_US");
  const auto voices = find_voices(folder_.path());
  ASSERT_TRUE(voices);
  EXPECT_EQ(voices->voices.at(Language("en")).model.filename(), "a.onnx");
}

TEST_F(VoiceFolder, SaysWhatIsWrong) {
  EXPECT_THAT(found(), HasSubstr("has no voice; a Piper voice is VOICE.onnx and VOICE.onnx.json"));
  EXPECT_FALSE(find_voices(folder_.path() / "missing"));
  folder_.write("x.onnx", "a model");
  EXPECT_THAT(found(), HasSubstr("x.onnx has no x.onnx.json beside it"));
  folder_.write("x.onnx.json", "{}");
  EXPECT_THAT(found(), HasSubstr("x.onnx.json: the voice's description: espeak.voice must"));
  folder_.write("x.onnx.json", std::string(2'000'000, ' '));
  EXPECT_THAT(found(), HasSubstr("has more than"));
}

TEST_F(VoiceFolder, AStyleVoiceSaysItsLanguageAndHasAllFiles) {
  write_style_voice("voices/kokoro-multi-lang");
  EXPECT_THAT(found(), HasSubstr("does not say its language"));
  write_style_voice("kokoro-en");
  fs::remove(folder_.path() / "kokoro-en/voices.bin");
  EXPECT_THAT(found(), HasSubstr("voices.bin is missing"));
}

TEST_F(VoiceFolder, WhatIsNoVoiceIsPassedOver) {
  test::write_voice(folder_, "good");
  folder_.write("bad.onnx", "a model");
  fs::create_directories(folder_.path() / "folder.onnx");
  const auto voices = find_voices(folder_.path());
  ASSERT_TRUE(voices);
  EXPECT_EQ(voices->passed_over.size(), 1U);
}

}  // namespace
}  // namespace sotto::providers::sherpa

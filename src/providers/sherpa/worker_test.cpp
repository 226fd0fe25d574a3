// The worker program with a library in sherpa-onnx's place.
#include "providers/sherpa/worker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "providers/sherpa/test_support.hpp"
#include "providers/sherpa/voice_process.hpp"

namespace sotto::providers::sherpa {
namespace {

using ::testing::HasSubstr;

class Worker : public ::testing::Test {
 protected:
  void SetUp() override { supervision::block_sigpipe(); }

  static supervision::WaitLimit limit() {
    return {std::chrono::steady_clock::now() + std::chrono::seconds{40}, -1, engine};
  }

  Result<VoiceProcess> start(const std::filesystem::path& model) const {
    return VoiceProcess::start(test::worker_settings(folder_), voice_at(model).value());
  }

  // Why the voice at `model` cannot be loaded.
  std::string refused(const std::filesystem::path& model) const {
    auto process = start(model);
    const auto ready = process->wait_ready(limit());
    return ready ? "loaded" : ready.error().message;
  }

  test::TemporaryDirectory folder_;
};

TEST_F(Worker, SpeaksSentenceAfterSentence) {
  auto process = start(test::write_voice(folder_, "voice"));
  ASSERT_TRUE(process);
  ASSERT_TRUE(process->wait_ready(limit()));
  EXPECT_EQ(process->sample_rate(), 22'050);
  const auto speech = process->speak({"a", "aa"}, limit());
  ASSERT_TRUE(speech) << speech.error().message;
  EXPECT_EQ(speech->samples.size(), 3U * 2'205);
  EXPECT_EQ(*std::max_element(speech->samples.begin(), speech->samples.end()), 32'767);
  EXPECT_EQ(*std::min_element(speech->samples.begin(), speech->samples.end()), -32'767);
  EXPECT_EQ(process->speak({"a"}, limit())->samples.size(), 2'205U);
  EXPECT_TRUE(process->look());
}

TEST_F(Worker, WhatIsNoNumberIsSilence) {
  auto process = start(test::write_voice(folder_, "voice"));
  ASSERT_TRUE(process->wait_ready(limit()));
  EXPECT_EQ(process->speak({"I"}, limit())->samples.front(), 0);
}

TEST_F(Worker, NoSpeechIsAnAnswer) {
  auto process = start(test::write_voice(folder_, "voice"));
  ASSERT_TRUE(process->wait_ready(limit()));
  const auto none = process->speak({"N"}, limit());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(process->speak({"a"}, limit()));
}

TEST_F(Worker, ALibraryThatEndsTheProcessEndsOnlyThat) {
  auto process = start(test::write_voice(folder_, "voice"));
  ASSERT_TRUE(process->wait_ready(limit()));
  const auto ended = process->speak({"X"}, limit());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(process->look());
}

TEST_F(Worker, SaysWhyAVoiceCannotBeLoaded) {
  EXPECT_THAT(refused(test::write_voice(folder_, "voice", "en_US", "no model")),
              HasSubstr("sherpa-onnx cannot load"));
  EXPECT_THAT(refused(test::write_voice(folder_, "voice", "en_US", "end")),
              HasSubstr("ended while it was loaded"));
}

TEST_F(Worker, EndsWithItsInputAndAtGarbage) {
  const std::string model = test::write_voice(folder_, "voice").string();
  for (const std::string& input :
       {std::string(), std::string("garbage\n"), std::string("SvS\0", 4)}) {
    auto child = supervision::ChildProcess::start(
        {{SHERPA_WORKER, "voice-worker", FAKE_SHERPA_ONNX, model}, {}, 9, std::nullopt});
    ASSERT_TRUE(child);
    std::string_view text = input;
    while (child->input() >= 0 && supervision::send_some(*child, text)) {
    }
    const auto code = supervision::wait_for_end(*child, limit());
    ASSERT_TRUE(code);
    EXPECT_EQ(*code, input.starts_with("garbage") ? 1 : 0) << input;
  }
}

}  // namespace
}  // namespace sotto::providers::sherpa

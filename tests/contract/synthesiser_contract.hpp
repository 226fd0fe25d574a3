#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ports/synthesiser.hpp"
#include "tests/contract/synthesiser_answers.hpp"

namespace sotto::contract {

/// What a synthesiser's test gives the suite. Include this in one source of a test program and
/// instantiate it there:
///
///   INSTANTIATE_TEST_SUITE_P(Name, SynthesiserContract,
///                            ::testing::Values(SynthesiserCase{...}), synthesiser_case_name);
struct SynthesiserCase {
  std::string name;  ///< letters and digits
  /// A new synthesiser; null where its engine is not installed, which skips the test and says so.
  std::function<std::unique_ptr<ports::Synthesiser>()> make;
  Language language;
  std::string sentence;
  milliseconds shortest;         ///< how long `sentence` takes to say: at least this ...
  milliseconds longest;          ///< ... and at most this, which is less than twice as much
  std::size_t queue_bound = 64;  ///< requests of a language that may wait
};

inline std::string synthesiser_case_name(const ::testing::TestParamInfo<SynthesiserCase>& info) {
  return info.param.name;
}

class SynthesiserContract : public ::testing::TestWithParam<SynthesiserCase> {
 protected:
  void SetUp() override {
    synthesiser_ = GetParam().make();
    if (!synthesiser_) GTEST_SKIP() << "the engine of " << GetParam().name << " is not installed";
  }

  Result<ports::SpokenAudio> speak(std::string text) {
    return speak_one(*synthesiser_, GetParam().language, std::move(text));
  }

  void speak_later(std::string text, ports::Synthesiser::Completion done) {
    synthesiser_->speak(GetParam().language, std::move(text), std::move(done));
  }

  /// Speech of `times` times the sentence, which can be heard.
  static void expect_sentence(const Result<ports::SpokenAudio>& result, int times = 1) {
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_GE(result->sample_rate, 8'000);
    EXPECT_LE(result->sample_rate, 48'000);
    EXPECT_GE(duration_of(*result), GetParam().shortest * times);
    EXPECT_LE(duration_of(*result), GetParam().longest * times);
    EXPECT_GT(loudness_of(*result), 300);  // of 32,767: as loud as a quiet voice
  }

  void expect_known_sentence() { expect_sentence(speak(GetParam().sentence)); }

  void expect_refused(std::string text) {
    const auto result = speak(std::move(text));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::invalid_argument) << result.error().message;
    EXPECT_FALSE(result.error().message.empty());
  }

  std::unique_ptr<ports::Synthesiser> synthesiser_;
};

TEST_P(SynthesiserContract, SpeaksAndNamesItsLanguages) {
  const auto languages = synthesiser_->languages();
  EXPECT_THAT(languages, ::testing::Contains(GetParam().language));
  EXPECT_TRUE(std::is_sorted(languages.begin(), languages.end()));
  for (const Language& language : languages) {
    EXPECT_EQ(language.str().size(), 2U);
    EXPECT_FALSE(synthesiser_->voice(language).empty()) << language.str();
  }
  EXPECT_EQ(synthesiser_->voice(Language("zz")), "");
  expect_known_sentence();
}

TEST_P(SynthesiserContract, RefusesAnUnknownLanguage) {
  for (const char* const unknown : {"", "zz", "en-gb", "ENGLISH"}) {
    const auto result = speak_one(*synthesiser_, Language(unknown), GetParam().sentence);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::not_found);
  }
  expect_known_sentence();
}

TEST_P(SynthesiserContract, RefusesWhatIsEmptyTooLongOrNotUtf8AndGoesOn) {
  for (const char* const empty : {"", " ", "\t \n"}) expect_refused(empty);
  expect_refused(std::string(ports::Synthesiser::max_text_bytes + 1, 'a'));
  for (const char* const bad :
       {"\xff", "caf\xe9", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80z"}) {
    expect_refused(bad);
  }
  expect_known_sentence();
}

TEST_P(SynthesiserContract, TextOfTheGreatestLengthIsSpokenOrRefused) {
  std::string words;
  while (words.size() + 6 <= ports::Synthesiser::max_text_bytes) words += "house ";
  for (const std::string& text : {words, std::string(ports::Synthesiser::max_text_bytes, '['),
                                  std::string(ports::Synthesiser::max_text_bytes, 'a')}) {
    const auto result = speak(text);
    if (result) continue;
    EXPECT_EQ(result.error().code, ErrorCode::invalid_argument) << result.error().message;
  }
  expect_known_sentence();
}

TEST_P(SynthesiserContract, AnswersEachRequestOnceAndInOrder) {
  SpeechAnswers answers;
  const std::size_t count = std::min<std::size_t>(GetParam().queue_bound, 20);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& sentence = GetParam().sentence;
    speak_later(i % 3 == 2 ? sentence + " " + sentence : sentence, answers.completion(i));
  }
  ASSERT_TRUE(answers.wait_for(count));
  synthesiser_.reset();
  const auto all = answers.all();
  ASSERT_EQ(all.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(all[i].request, i);
    expect_sentence(all[i].result, i % 3 == 2 ? 2 : 1);
  }
}

TEST_P(SynthesiserContract, MarkupAndMetacharactersAreText) {
  for (const std::string text : {"<speak>house</speak>",
                                 "<break time=\"30s\"/>",
                                 "a < b",
                                 "a > b",
                                 "<!-- house",
                                 "<prosody rate=\"x-slow\">house</prosody>",
                                 "&lt; &#65; &amp",
                                 "[[h'aUs]] house",
                                 "[[",
                                 "[\u00ad[house",
                                 "]]",
                                 "-v house",
                                 "--voices",
                                 "-",
                                 "$(true) `true`",
                                 "\\",
                                 "%s%n",
                                 "'\"",
                                 "\x01\x1b[0m",
                                 "house\x01+99S house",
                                 "\ufeffhouse",
                                 "\u0530\u0557 house",
                                 "\ue000\uffff",
                                 "\U0001f600",
                                 "?!",
                                 "..."}) {
    const auto result = speak(text);
    ASSERT_TRUE(result.has_value()) << text << ": " << result.error().message;
    EXPECT_LT(duration_of(*result), std::chrono::seconds{15}) << text;
  }
  const auto with_nul = speak(std::string("house\0house", 11));
  EXPECT_TRUE(with_nul.has_value());
  expect_known_sentence();
}

TEST_P(SynthesiserContract, ControlCharactersSeparateWordsAndHideNothing) {
  const std::string& sentence = GetParam().sentence;
  for (const std::string& between :
       {std::string("\n"), std::string("\r\n\r\n"), std::string("\0", 1), std::string("\x01"),
        std::string("\x1a"), std::string("\u2028")}) {
    expect_sentence(speak(sentence + between + sentence), 2);
  }
}

TEST_P(SynthesiserContract, ServesSeveralThreads) {
  constexpr std::size_t threads = 4;
  constexpr std::size_t each = 5;
  std::vector<std::thread> callers;
  std::vector<std::size_t> right(threads);
  for (std::size_t t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      for (std::size_t i = 0; i < each; ++i) {
        const auto result = speak(GetParam().sentence);
        if (result && duration_of(*result) >= GetParam().shortest) ++right[t];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(right, std::vector<std::size_t>(threads, each));
}

TEST_P(SynthesiserContract, ACompletionMayAskAgain) {
  SpeechAnswers answers;
  speak_later(GetParam().sentence, [&](const Result<ports::SpokenAudio>&) {
    speak_later(GetParam().sentence, answers.completion(0));
  });
  ASSERT_TRUE(answers.wait_for(1));
  expect_sentence(answers.all().front().result);
}

TEST_P(SynthesiserContract, DestructionAnswersWhatIsOpen) {
  SpeechAnswers answers;
  const std::size_t count = std::min<std::size_t>(GetParam().queue_bound, 30);
  for (std::size_t i = 0; i < count; ++i) {
    speak_later(GetParam().sentence, answers.completion(i));
  }
  synthesiser_.reset();
  const auto all = answers.all();
  ASSERT_EQ(all.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(all[i].request, i);
    if (all[i].result) continue;
    EXPECT_EQ(all[i].result.error().code, ErrorCode::unavailable);
  }
}

TEST_P(SynthesiserContract, AFullQueueRefusesAndLosesNothing) {
  SpeechAnswers answers;
  const std::size_t count = GetParam().queue_bound * 2 + 20;
  for (std::size_t i = 0; i < count; ++i) {
    speak_later(GetParam().sentence, answers.completion(i));
  }
  ASSERT_TRUE(answers.wait_for(count));
  std::vector<int> times(count);
  std::size_t refused = 0;
  std::size_t last_answered = 0;
  for (const auto& answer : answers.all()) {
    ++times[answer.request];
    if (answer.result) {
      expect_sentence(answer.result);
      EXPECT_GE(answer.request, last_answered);
      last_answered = answer.request;
    } else {
      EXPECT_EQ(answer.result.error().code, ErrorCode::resource_exhausted);
      ++refused;
    }
  }
  EXPECT_EQ(times, std::vector<int>(count, 1));
  EXPECT_GT(refused, 0U);
  expect_known_sentence();
}

}  // namespace sotto::contract

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ports/translator.hpp"
#include "tests/contract/translator_answers.hpp"

namespace sotto::contract {

/// What a translator's test gives the suite. Include this in one source of a test program and
/// instantiate it there:
///
///   INSTANTIATE_TEST_SUITE_P(Name, TranslatorContract, ::testing::Values(TranslatorCase{...}),
///                            case_name);
struct TranslatorCase {
  std::string name;  ///< letters and digits
  /// A new translator; null where its engine is not installed, which skips the test and says so.
  std::function<std::unique_ptr<ports::Translator>()> make;
  LanguagePair pair;
  std::string sentence;
  std::string translation;       ///< what `sentence` becomes
  std::size_t queue_bound = 64;  ///< requests of a pair that may wait
};

inline std::string case_name(const ::testing::TestParamInfo<TranslatorCase>& info) {
  return info.param.name;
}

class TranslatorContract : public ::testing::TestWithParam<TranslatorCase> {
 protected:
  void SetUp() override {
    translator_ = GetParam().make();
    if (!translator_) GTEST_SKIP() << "the engine of " << GetParam().name << " is not installed";
  }

  Result<std::string> translate(std::string text) {
    return translate_one(*translator_, GetParam().pair, std::move(text));
  }

  void expect_known_sentence() {
    const auto result = translate(GetParam().sentence);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(*result, GetParam().translation);
  }

  void expect_error(std::string text, ErrorCode code) {
    const auto result = translate(std::move(text));
    ASSERT_FALSE(result.has_value()) << *result;
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_FALSE(result.error().message.empty());
  }

  std::unique_ptr<ports::Translator> translator_;
};

TEST_P(TranslatorContract, TranslatesAndNamesThePair) {
  const auto pairs = translator_->pairs();
  EXPECT_NE(std::find(pairs.begin(), pairs.end(), GetParam().pair), pairs.end());
  expect_known_sentence();
}

TEST_P(TranslatorContract, OffersItsPairsByTheEnginesName) {
  EXPECT_FALSE(translator_->name().empty());
  std::vector<LanguagePair> offered;
  for (const ports::TranslationOffer& offer : translator_->offers()) {
    EXPECT_FALSE(offer.engine.empty());
    EXPECT_NE(offer.pivot, offer.pair.source);
    EXPECT_NE(offer.pivot, offer.pair.target);
    if (std::find(offered.begin(), offered.end(), offer.pair) == offered.end())
      offered.push_back(offer.pair);
  }
  auto pairs = translator_->pairs();
  std::sort(pairs.begin(), pairs.end());
  std::sort(offered.begin(), offered.end());
  EXPECT_EQ(offered, pairs);
}

TEST_P(TranslatorContract, BlankTextBecomesEmptyText) {
  for (const std::string text : {"", " ", "\t \n"}) {
    const auto result = translate(text);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(*result, "");
  }
}

TEST_P(TranslatorContract, AnswersEachRequestOnceAndInOrder) {
  Answers answers;
  const std::size_t count = std::min<std::size_t>(GetParam().queue_bound, 20);
  for (std::size_t i = 0; i < count; ++i) {
    // Blank ones take no engine, and still wait for their turn.
    translator_->translate(GetParam().pair, i % 5 == 4 ? " " : GetParam().sentence,
                           answers.completion(i));
  }
  ASSERT_TRUE(answers.wait_for(count));
  translator_.reset();
  const auto all = answers.all();
  ASSERT_EQ(all.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(all[i].request, i);
    ASSERT_TRUE(all[i].result.has_value()) << all[i].result.error().message;
    EXPECT_EQ(*all[i].result, i % 5 == 4 ? "" : GetParam().translation);
  }
}

TEST_P(TranslatorContract, RefusesAnUnknownPair) {
  const LanguagePair unknown{Language("zz"), Language("qq")};
  const auto result = translate_one(*translator_, unknown, GetParam().sentence);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::not_found);
}

TEST_P(TranslatorContract, RefusesWhatIsTooLongOrNotUtf8AndGoesOn) {
  expect_error(std::string(ports::Translator::max_text_bytes + 1, 'a'),
               ErrorCode::invalid_argument);
  for (const std::string bad :
       {"\xff", "caf\xe9", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80z"}) {
    expect_error(bad, ErrorCode::invalid_argument);
  }
  expect_known_sentence();
}

TEST_P(TranslatorContract, TakesTextOfTheGreatestLength) {
  std::string text;
  while (text.size() + 6 <= ports::Translator::max_text_bytes) text += "house ";
  EXPECT_TRUE(translate(text).has_value());
  EXPECT_TRUE(translate(std::string(ports::Translator::max_text_bytes, '[')).has_value());
  EXPECT_TRUE(translate(std::string(ports::Translator::max_text_bytes, 'a')).has_value());
  expect_known_sentence();
}

TEST_P(TranslatorContract, MarkupAndMetacharactersAreText) {
  for (const std::string text : {"[unclosed",
                                 "closed]",
                                 "a < b",
                                 "a > b",
                                 "^x$",
                                 "\\",
                                 "a\\",
                                 "@",
                                 "a@b",
                                 "{}",
                                 "{x",
                                 "x/y",
                                 "[[t:b:123]]word[[/]]",
                                 "<b>bold</b>",
                                 "&amp; &#39;",
                                 "\xf0\x9f\x98\x80",
                                 "a \xf0\x9f\x8f\xb3\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x8c\x88 b",
                                 "~",
                                 "*x",
                                 "#x",
                                 "+x",
                                 "$1",
                                 "$(true) `true`",
                                 "'\"",
                                 "-n",
                                 "\xef\xbf\xbf",
                                 "x\xef\xbf\xbfy",
                                 "\x01\x1b[0m",
                                 "..."}) {
    const auto result = translate(text);
    ASSERT_TRUE(result.has_value()) << text << ": " << result.error().message;
    expect_known_sentence();
  }
}

TEST_P(TranslatorContract, KeepsTheMetacharactersThemselves) {
  const auto result = translate("1 [2] {3} <4> ^5$ 6/7 8@9 \\0");
  ASSERT_TRUE(result.has_value()) << result.error().message;
  for (const char c : std::string("[]{}<>^$/@\\")) {
    EXPECT_NE(result->find(c), std::string::npos) << c << " is missing in " << *result;
  }
}

TEST_P(TranslatorContract, ServesSeveralThreads) {
  constexpr std::size_t threads = 4;
  constexpr std::size_t each = 10;
  std::vector<std::thread> callers;
  std::vector<std::size_t> right(threads);
  for (std::size_t t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      for (std::size_t i = 0; i < each; ++i) {
        const auto result = translate(GetParam().sentence);
        if (result && *result == GetParam().translation) ++right[t];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(right, std::vector<std::size_t>(threads, each));
}

TEST_P(TranslatorContract, ACompletionMayAskAgain) {
  Answers answers;
  translator_->translate(
      GetParam().pair, GetParam().sentence, [this, &answers](const Result<std::string>&) {
        translator_->translate(GetParam().pair, GetParam().sentence, answers.completion(0));
      });
  ASSERT_TRUE(answers.wait_for(1));
  EXPECT_TRUE(answers.all().front().result.has_value());
}

TEST_P(TranslatorContract, DestructionAnswersWhatIsOpen) {
  Answers answers;
  const std::size_t count = std::min<std::size_t>(GetParam().queue_bound, 30);
  for (std::size_t i = 0; i < count; ++i) {
    translator_->translate(GetParam().pair, GetParam().sentence, answers.completion(i));
  }
  translator_.reset();
  const auto all = answers.all();
  ASSERT_EQ(all.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(all[i].request, i);
    if (all[i].result) continue;
    EXPECT_EQ(all[i].result.error().code, ErrorCode::unavailable);
  }
}

TEST_P(TranslatorContract, AFullQueueRefusesAndLosesNothing) {
  Answers answers;
  const std::size_t count = GetParam().queue_bound * 4 + 100;
  for (std::size_t i = 0; i < count; ++i) {
    translator_->translate(GetParam().pair, GetParam().sentence, answers.completion(i));
  }
  ASSERT_TRUE(answers.wait_for(count));
  std::vector<int> times(count);
  std::size_t refused = 0;
  std::size_t last_answered = 0;
  for (const auto& answer : answers.all()) {
    ++times[answer.request];
    if (answer.result) {
      EXPECT_EQ(*answer.result, GetParam().translation);
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

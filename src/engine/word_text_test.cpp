#include "engine/word_text.hpp"

#include <utility>
#include <vector>

#include "engine/word_list.hpp"
#include "tests/support/events.hpp"

namespace sotto::engine {
namespace {

TEST(WordText, CaseAndMarksMakeNoOtherWord) {
  const std::pair<const char*, const char*> same[] = {
      {"features", "Features."},
      {"features", "“features,”"},
      {"don't", "don’t"},
      {"don't", "Don`t?"},
      {"dogs'", "dogs"},
      {"’cause", "cause"},
      {"e-mail", "email"},
      {"well‑known", "well-known"},
      {"co–op", "Coop—"},
      {"É", "é"},
      {"ÅÄÖ", "åäö"},
      {"Ł", "ł"},
      {"ŽIŽEK", "Žižek"},
      {"Ÿ", "ÿ"},
      {"STRAẞE", "straße"},
      {"Ươ", "ươ"},
      {"Ế", "ế"},
      {"Ș", "ș"},
      {"ΛΌΓΟΣ", "λόγος"},
      {"МОСКВА", "москва"},
      {"Ё", "ё"},
      {"¿Qué", "qué?"},
      {"¡Hola!", "hola"},
      {"«oui»", "Oui…"},
      {"完。", "完"},
      {"（完）", "完！"},
      {"तुम।", "तुम"},
      {"نعم؟", "نعم"},
      {"U.S.", "US"},
      {"3.5,", "3.5"},
      {"1–5", "1-5"},
      {"—", "..."},
      {"$5", "$5."},
      {"va ?", "Va"},
      {"", "."},
  };
  for (const auto& [a, b] : same) {
    EXPECT_TRUE(same_word(a, b)) << a << ' ' << b;
    EXPECT_TRUE(same_word(b, a)) << a << ' ' << b;
    EXPECT_EQ(as_spoken(a), as_spoken(b)) << a << ' ' << b;
    EXPECT_EQ(spoken_hash(a), spoken_hash(b)) << a << ' ' << b;
  }
}

TEST(WordText, WhatIsSpokenDoes) {
  const std::pair<const char*, const char*> other[] = {
      {"feature", "features"},
      {"well", "we'll"},
      {"its", "it’s"},
      {"3.5", "35"},
      {"1,5", "1.5"},
      {"1-5", "15"},
      {"5", "5%"},
      {"5", "$5"},
      {"C", "C++"},
      {"e", "é"},
      {"n", "ñ"},
      {"—", "a"},
      {"", "a"},
      {"\xE9", "\xE8"},
      {"×", "÷"},
      {"a", "a\xFF"},
  };
  for (const auto& [a, b] : other) {
    EXPECT_FALSE(same_word(a, b)) << a << ' ' << b;
    EXPECT_FALSE(same_words(a, b)) << a << ' ' << b;
    EXPECT_NE(spoken_hash(a), spoken_hash(b)) << a << ' ' << b;
  }
}

TEST(WordText, TextsAreComparedWordByWord) {
  EXPECT_TRUE(same_words("We begin. Now —", "we begin now"));
  EXPECT_TRUE(same_words("", " — "));
  EXPECT_FALSE(same_words("we begin", "we begin now"));
  EXPECT_FALSE(same_words("we be gin", "we begin"));
  EXPECT_EQ(as_spoken(" “We  begin.” — NOW! "), "we begin now");
  EXPECT_EQ(spoken_hash("We begin."), spoken_hash("we — begin"));
  EXPECT_NE(spoken_hash("we begin"), spoken_hash("webegin"));
}

TEST(WordText, FindsWhereTheSameWordsEnd) {
  constexpr std::size_t none = std::string_view::npos;
  const std::tuple<const char*, const char*, std::size_t> cases[] = {
      {"we begin. Now", "We begin", 9},
      {"we begin. Now", "we begin. now", 13},
      {"we begin", "we begin now", none},
      {"we begin", "we began", none},
      {"we begin", "we beg", none},
      {"we begin", "", 0},
      {"va ? oui", "Va", 4},
      {"“We", "we", 5},
      {"", "", 0},
      {"", "a", none},
  };
  for (const auto& [text, beginning, end] : cases)
    EXPECT_EQ(same_beginning(text, beginning), end) << text << '|' << beginning;
}

TEST(WordText, WordsInCommon) {
  const std::tuple<const char*, const char*, std::size_t> cases[] = {{"we go on", "We go, home", 5},
                                                                     {"We go, on", "we go", 6},
                                                                     {"we go", "we go on", 5},
                                                                     {"we go — on", "we go on", 12},
                                                                     {"we go —", "we go", 9},
                                                                     {"we", "they", 0},
                                                                     {"", "we", 0},
                                                                     {"we", "", 0},
                                                                     {"", "", 0}};
  for (const auto& [text, other, end] : cases)
    EXPECT_EQ(common_words(text, other), end) << text << '|' << other;
}

TEST(WordText, MarksBehindAWord) {
  const std::pair<const char*, std::size_t> cases[] = {
      {"done", 0}, {"done.", 1}, {"done.”", 4}, {"“done", 0}, {"don't", 0},
      {"...", 0},  {"5%", 0},    {"va ?", 2},   {"完。", 3},  {"", 0}};
  for (const auto& [word, bytes] : cases) EXPECT_EQ(marks_behind(word), bytes) << word;
}

WordList words_of(std::string_view transcript) {
  transcript::Event event;
  event.begin_result(
      {.id = {}, .channel = {}, .transcript = transcript, .end = at_ms(1000), .is_partial = true});
  WordList words;
  read_words(event[0], {}, words);
  return words;
}

TEST(WordList, WithholdsTheMarksBehindItsLastWord) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"it works.", "it works", "."},
      {"it works", "it works", ""},
      {"so, “it works.”", "so, “it works", ".”"},
      {"at 3 p.m.", "at 3 p.m.", ""},
      {"at 3 p.m.,", "at 3 p.m.", ","},
      {"is 3.5.", "is 3.5", "."},
      {"ça va ?", "ça va", " ?"},
      {"...", "...", ""},
      {"", "", ""}};
  for (const auto& [transcript, text, withheld] : cases) {
    WordList words = words_of(transcript);
    const std::size_t count = words.size();
    words.withhold_last_marks();
    EXPECT_EQ(words.text(0, count), text) << transcript;
    EXPECT_EQ(words.withheld(), withheld) << transcript;
    EXPECT_EQ(words.all(), transcript);
    WordList longer = words, copy;
    copy.append(words, 0, count);
    EXPECT_EQ(copy.all(), transcript);
    longer.append("on", {});
    EXPECT_EQ(longer.all(), std::string(text) + (count > 0 ? " on" : "on")) << transcript;
    EXPECT_EQ(words.release_last_marks(), !std::string_view(withheld).empty()) << transcript;
    EXPECT_EQ(words.text(0, count), transcript);
  }
}

TEST(WordList, MarksThatStandAloneBelongToTheWordBefore) {
  const WordList words = words_of("¿ ça va ? — oui");
  ASSERT_EQ(words.size(), 4u);
  EXPECT_EQ(words.text(0), "¿");
  EXPECT_EQ(words.text(2), "va ? —");
  EXPECT_EQ(words.all(), "¿ ça va ? — oui");
}

TEST(WordList, AWordsConfidenceIsTheNewestHypothesiss) {
  const auto heard = [](std::optional<float> confidence) {
    transcript::Event event;
    event.begin_result(
        {.id = {}, .channel = {}, .transcript = "so", .end = at_ms(300), .is_partial = true});
    event.add_item({.content = "so", .end = at_ms(300), .confidence = confidence});
    WordList words;
    read_words(event[0], {}, words);
    return words;
  };
  const std::pair<std::optional<float>, std::optional<float>> cases[] = {
      {std::nullopt, std::nullopt}, {0.0f, 0.0f}, {1.0f, 1.0f}, {2.0f, 1.0f}, {-1.0f, 0.0f}};
  for (const auto& [sent, kept] : cases) EXPECT_EQ(heard(sent)[0].confidence.value(), kept);
  EXPECT_NEAR(*heard(0.9321f)[0].confidence.value(), 0.9321, 1e-5);
  EXPECT_LE(sizeof(Word), 24u);
  const WordList older = heard(0.9f);
  for (const std::optional<float> confidence :
       {std::optional<float>(0.5f), std::optional<float>()}) {
    WordList newer = heard(confidence);
    ASSERT_EQ(carry_agreement(older, 0, newer, 0), 1u);
    EXPECT_EQ(newer[0].confidence, CompactConfidence(confidence));
  }
}

}  // namespace
}  // namespace sotto::engine

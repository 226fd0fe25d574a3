#include "providers/sherpa/clauses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::providers::sherpa {

void PrintTo(const Clause& clause, std::ostream* out) {
  *out << '"' << clause.text << "\" " << (clause.mark ? clause.mark : '-');
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Clauses, EndAtPunctuationBeforeASpaceOrTheEnd) {
  EXPECT_THAT(clauses_of("Hello, world! It is 3.5 metres; why?"),
              ElementsAre(Clause{"Hello", ','}, Clause{"world", '!'},
                          Clause{"It is 3.5 metres", ';'}, Clause{"why", '?'}));
  EXPECT_THAT(clauses_of("at 10:30 on example.org"),
              ElementsAre(Clause{"at 10:30 on example.org", 0}));
}

TEST(Clauses, SeveralMarksAndWhatClosesBehindThemAreOneEnd) {
  EXPECT_THAT(
      clauses_of("She said \"really?!\" (yes\u2026) and left."),
      ElementsAre(Clause{"She said \"really", '?'}, Clause{"(yes", '.'}, Clause{"and left", '.'}));
}

TEST(Clauses, ADashBetweenSpacesIsAPause) {
  EXPECT_THAT(clauses_of("one \u2014 two - three-four"),
              ElementsAre(Clause{"one", ','}, Clause{"two", ','}, Clause{"three-four", 0}));
}

TEST(Clauses, ATitleIsNoEnd) {
  EXPECT_THAT(clauses_of("Dr. Smith and Sra. Ruiz. No."),
              ElementsAre(Clause{"Dr. Smith and Sra. Ruiz", '.'}, Clause{"No", '.'}));
}

TEST(Clauses, MarksOfOtherScripts) {
  EXPECT_THAT(
      clauses_of("\u4f60\u597d\uff0c\u4e16\u754c\u3002\u597d"),
      ElementsAre(Clause{"\u4f60\u597d", ','}, Clause{"\u4e16\u754c", '.'}, Clause{"\u597d", 0}));
}

TEST(Clauses, NothingToSayIsNoClause) {
  for (const char* const text : {"", " ", "...", "?! . ,"})
    EXPECT_THAT(clauses_of(text), IsEmpty());
}

TEST(SpokenSentences, ArePhonemesWithMarks) {
  Sentences sentences;
  sentences.add("a", ',');
  sentences.add("", '.');
  sentences.add("b", '?');
  sentences.add("c", ';');
  EXPECT_THAT(sentences.take(), ElementsAre("a, b?", "c;"));
  EXPECT_THAT(sentences.take(), IsEmpty());
}

TEST(SpokenSentences, AreDecomposed) {
  Sentences sentences;
  sentences.add("\u00e7\u00e3o\u0303", 0);
  EXPECT_THAT(sentences.take(), ElementsAre("c\u0327a\u0303o\u0303"));
}

}  // namespace
}  // namespace sotto::providers::sherpa

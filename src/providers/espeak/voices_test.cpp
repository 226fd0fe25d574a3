#include "providers/espeak/voices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::providers::espeak {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

Voices::value_type voice(const std::string& code, const std::string& file) {
  return {Language(code), file};
}

// Lines of version 1.51.
constexpr std::string_view table =
    R"(Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  ca              --/M      Catalan            roa/ca               
 5  chr-US-Qaaa-x-west --/M      Cherokee_          iro/chr              
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 5  cmn-latn-pinyin --/M      Chinese_(Mandarin,_latin_as_Pinyin) sit/cmn-Latn-pinyin  (zh-cmn 5)(zh 5)
 5  en-029          --/M      English_(Caribbean) gmw/en-029           (en 10)
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 5  en-gb-scotland  --/M      English_(Scotland) gmw/en-GB-scotland   (en 4)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  es              --/M      Spanish_(Spain)    roa/es               
 5  es-419          --/M      Spanish_(Latin_America) roa/es-419           (es-mx 6)(es 6)
 5  eu              --/M      Basque             eu                   
 5  nb              --/M      Norwegian_Bokm)"
    "\u00e5l  gmq/nb               (no 5)\n";

TEST(EspeakVoices, EachLanguageGetsTheVoiceOfTheSmallestNumber) {
  EXPECT_THAT(parse_voices(table),
              UnorderedElementsAre(voice("ca", "roa/ca"), voice("zh", "sit/cmn"),
                                   voice("en", "gmw/en"), voice("es", "roa/es"), voice("eu", "eu"),
                                   voice("nb", "gmq/nb"), voice("no", "gmq/nb")));
}

TEST(EspeakVoices, LeavesOutWhatIsNoVoiceOfItsOwn) {
  EXPECT_THAT(parse_voices(""), IsEmpty());
  EXPECT_THAT(parse_voices("espeak-ng: error\n\n  \n"), IsEmpty());
  EXPECT_THAT(parse_voices("Pty Language Age/Gender VoiceName File Other Languages\n"), IsEmpty());
  EXPECT_THAT(parse_voices(" 5  fr  --/M  french-mbrola-1  mb/mb-fr1\n"), IsEmpty());
  EXPECT_THAT(parse_voices(" 5  fr  --/M  whisper  !v/whisper\n"), IsEmpty());
  EXPECT_THAT(parse_voices(" x  fr  --/M  French  roa/fr\n"), IsEmpty());
  EXPECT_THAT(parse_voices(" 5  fr  --/M  French\n"), IsEmpty());
  EXPECT_THAT(parse_voices(" 5  fra  --/M  French  roa/fr  (fr x)(fr)(FR 5)(fr 5"),
              UnorderedElementsAre(voice("fr", "roa/fr")));
}

}  // namespace
}  // namespace sotto::providers::espeak

// Recordings through the whole pipeline with the embedded engines.
#include "composition/talk.hpp"

#include <signal.h>

#include "providers/apertium/translator.hpp"
#include "providers/pocketsphinx/recogniser.hpp"

namespace sotto::composition {
namespace {

const std::string folder =
    "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-";

std::string text_of(const Talk& talk, const Language& language) {
  std::string text;
  for (const TalkSegment& segment : talk.segments) text += segment.text.at(language) + " ";
  return text;
}

TEST(Talk, CaptionsEndTheSameWithPartialResultsAndWithFinalsOnly) {
  auto engines = embedded_engines({}, 1);
  ASSERT_TRUE(engines) << engines.error().message;
  TalkOptions options;
  options.recording = folder + "0880.wav";
  options.targets = {Language{"es"}};
  const auto partial = play_talk(options, *engines);
  ASSERT_TRUE(partial) << partial.error().message;
  options.final_only = true;
  const auto final_only = play_talk(options, *engines);
  ASSERT_TRUE(final_only) << final_only.error().message;
  EXPECT_EQ(text_of(*partial, Language{"en"}), text_of(*final_only, Language{"en"}));
  EXPECT_LT(partial->figures.word_lag.mean(), final_only->figures.word_lag.mean());
  EXPECT_EQ(final_only->figures.erasure, 0);
}

TEST(Talk, ATranslatorKilledInMidTalkIsReplacedAndNothingIsLost) {
  auto recogniser = providers::pocketsphinx::PocketSphinxRecogniser::create({});
  auto translator = providers::apertium::ApertiumTranslator::create({});
  ASSERT_TRUE(recogniser && translator);
  auto* apertium = translator->get();
  Engines engines{std::move(*recogniser), std::move(*translator)};
  TalkOptions options;
  options.recording = folder + "0880.wav";
  options.targets = {Language{"es"}};
  int killed = 0;
  options.on_caption = [&](const pipeline::Caption& caption) {
    if (caption.language != Language{"es"} || killed > 0) return;
    const auto group = apertium->process_group({Language{"en"}, Language{"es"}});
    if (group && kill(-*group, SIGKILL) == 0) ++killed;
  };
  const auto talk = play_talk(options, engines);
  ASSERT_TRUE(talk) << talk.error().message;
  EXPECT_EQ(killed, 1);
  EXPECT_EQ(talk->figures.translation_failures, 0u);
  for (const TalkSegment& segment : talk->segments)
    EXPECT_FALSE(segment.text.at(Language{"es"}).empty());
}

}  // namespace
}  // namespace sotto::composition

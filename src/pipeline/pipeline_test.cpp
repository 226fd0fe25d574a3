#include "pipeline/caption.hpp"
#include "pipeline/capture_clock.hpp"
#include "pipeline/event_inbox.hpp"
#include "pipeline/session_figures.hpp"
#include "pipeline/timekeeper.hpp"
#include "pipeline/translation_cache.hpp"
#include "tests/support/events.hpp"

namespace sotto::pipeline {
namespace {

const LanguagePair en_es{Language{"en"}, Language{"es"}};
const LanguagePair en_ca{Language{"en"}, Language{"ca"}};

TEST(TranslationCache, ForgetsTheLeastRecentlyUsedAndTheOld) {
  TranslationCache cache(2, std::chrono::hours{1});
  const TranslationCache::Clock::time_point now{};
  cache.store(en_es, "one", "uno", now);
  cache.store(en_es, "two", "dos", now);
  EXPECT_EQ(cache.find(en_es, "one", now), "uno");
  cache.store(en_es, "three", "tres", now);
  EXPECT_FALSE(cache.find(en_es, "two", now));
  EXPECT_EQ(cache.find(en_es, "one", now + std::chrono::hours{1}), "uno");
  EXPECT_FALSE(cache.find(en_es, "one", now + std::chrono::hours{1} + std::chrono::seconds{1}));
  EXPECT_FALSE(cache.find(en_ca, "three", now)) << "another pair";
  EXPECT_EQ(cache.size(), 1u);
}

TEST(CaptureClock, FollowsASpeakerWhoStallsAndCatchesUp) {
  CaptureClock clock;
  clock.note(at_ms(100), at_ms(150));
  clock.note(at_ms(200), at_ms(250));
  clock.note(at_ms(5200), at_ms(9000));
  EXPECT_EQ(clock.captured_at(at_ms(120)), at_ms(170));
  EXPECT_EQ(clock.captured_at(at_ms(5000)), at_ms(8800));
  EXPECT_EQ(clock.end(), at_ms(5200));
}

TEST(EventInbox, PartialsMakeRoomFinalsNever) {
  EventInbox inbox;
  EXPECT_TRUE(inbox.push(testing::final_result("kept")).was_empty);
  for (std::size_t i = 0; i < EventInbox::max_events * 2; ++i)
    inbox.push(testing::partial("newer"));
  const auto events = inbox.take();
  EXPECT_EQ(events.size(), EventInbox::max_events);
  EXPECT_EQ(events.front()[0].transcript, "kept");
  EXPECT_TRUE(inbox.take().empty());
}

TEST(WordLatencyMeter, TakesTheFirstCaptionThatCoversAWord) {
  WordLatencyMeter meter;
  meter.shown(at_ms(700), at_ms(1000));  // the first two words, at 300 and 600
  meter.shown(at_ms(950), at_ms(1500));  // the third, at 900
  const auto event = testing::final_result("a b c d");
  meter.final_heard(event[0], [](SessionTime place) { return place; });
  EXPECT_EQ(meter.sketch().count(), 3u);
  meter.shown(at_ms(1200), at_ms(2000));
  EXPECT_EQ(meter.sketch().count(), 4u);
  EXPECT_NEAR(meter.sketch().quantile(0), 400, 2);
  EXPECT_NEAR(meter.sketch().quantile(1), 800, 4);
}

TEST(ManualTimekeeper, StopsAtAlarms) {
  ManualTimekeeper clock;
  int rung = 0;
  clock.wake_at(at_ms(50), [&] { ++rung; });
  EXPECT_FALSE(clock.advance_to(at_ms(80)));
  EXPECT_EQ(clock.now(), at_ms(50));
  EXPECT_EQ(rung, 1);
  EXPECT_TRUE(clock.advance_to(at_ms(80)));
  EXPECT_EQ(clock.now(), at_ms(80));
}

TEST(Caption, EncodesAsOneJsonObject) {
  Caption caption;
  caption.seq = 3;
  caption.segment = engine::SegmentId{2};
  caption.language = Language{"es"};
  caption.text = "<b>\"hola\"</b>";
  caption.end = at_ms(1500);
  EXPECT_EQ(
      encode(caption)->json,
      R"({"type":"caption","seq":3,"segment":2,"lang":"es","text":"<b>\"hola\"</b>","provisional":"",)"
      R"("final":false,"translated":true,"start":0,"end":1.5})");
}

}  // namespace
}  // namespace sotto::pipeline

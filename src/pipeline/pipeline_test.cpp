#include "pipeline/captions/caption.hpp"
#include "pipeline/captions/caption_track.hpp"
#include "pipeline/captions/recent_segments.hpp"
#include "pipeline/captions/translation_cache.hpp"
#include "pipeline/session/capture_clock.hpp"
#include "pipeline/session/event_inbox.hpp"
#include "pipeline/session/session_meter.hpp"
#include "pipeline/session/spoken_pairs.hpp"
#include "pipeline/session/timekeeper.hpp"
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
  cache.clear();
  EXPECT_FALSE(cache.find(en_es, "three", now));
  cache.store(en_es, "three", "tres", now);
  EXPECT_EQ(cache.find(en_es, "three", now), "tres");
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

TEST(CaptureClock, WhatIsSentAllAtOnceIsCapturedAsItComes) {
  CaptureClock clock;
  for (milliseconds::rep second = 1; second <= 5; ++second)
    clock.note(at_ms(second * 1000), at_ms(300 + second));
  EXPECT_EQ(clock.captured_at(at_ms(900)), at_ms(201)) << "collected before it was sent";
  EXPECT_EQ(clock.captured_at(at_ms(1200)), at_ms(301)) << "not before the second in front of it";
  EXPECT_EQ(clock.captured_at(at_ms(5000)), at_ms(305));
}

TEST(CaptureClock, ABurstIsOnePiece) {
  CaptureClock clock;
  clock.note(at_ms(100), at_ms(100));
  for (milliseconds::rep end = 200; end <= 200'000; end += 100)
    clock.note(at_ms(end), at_ms(60'000));
  EXPECT_EQ(clock.captured_at(at_ms(50)), at_ms(50)) << "what came before it is known still";
  EXPECT_EQ(clock.captured_at(at_ms(10'000)), at_ms(100)) << "not before what is in front of it";
  EXPECT_EQ(clock.captured_at(at_ms(199'000)), at_ms(59'000));
  EXPECT_EQ(clock.captured_at(at_ms(200'000)), at_ms(60'000));
}

TEST(EventInbox, PartialsMakeRoomFinalsNever) {
  EventInbox inbox;
  EXPECT_TRUE(inbox.push(testing::final_result("kept")));
  for (std::size_t i = 0; i < EventInbox::max_events * 2; ++i)
    EXPECT_FALSE(inbox.push(testing::partial("newer")));
  const auto taken = inbox.take();
  EXPECT_EQ(taken.events.size(), EventInbox::max_events);
  EXPECT_EQ(taken.events.front()[0].transcript, "kept");
  EXPECT_EQ(taken.dropped, EventInbox::max_events + 1);
  EXPECT_TRUE(inbox.take().events.empty());
  EXPECT_EQ(inbox.take().dropped, 0u);
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
  caption.segment = {3, SegmentId{2}, "<b>\"hola\"</b>", {}, {}, at_ms(1500)};
  caption.language = Language{"es"};
  EXPECT_EQ(
      encode(caption)->json,
      R"({"type":"caption","seq":3,"segment":2,"lang":"es","text":"<b>\"hola\"</b>","provisional":"",)"
      R"("final":false,"translated":true,"start":0,"end":1.5})");
}

struct Reader : Listener {
  void on_caption(const SharedCaption& sent) override {
    seen.push_back(sent->segment.text + '|' + sent->segment.provisional);
  }
  void on_state(SessionState) override {}
  std::vector<std::string> seen;
};

Caption revision(std::string_view text) {
  Caption source;
  source.segment.id = SegmentId{1};
  source.segment.provisional = text;
  return source;
}

Segment settled(std::uint32_t id, std::string text) {
  Segment segment;
  segment.id = SegmentId{id};
  segment.text = std::move(text);
  return segment;
}

TEST(RecentSegments, KnowsWhatStandsBeforeASegmentAndNothingOfItself) {
  RecentSegments recent;
  for (std::uint32_t id = 1; id <= 4; ++id) recent.settled(settled(id, std::to_string(id)));
  using Texts = std::vector<std::string>;
  EXPECT_EQ(recent.before(SegmentId{1}).before, Texts{});
  EXPECT_EQ(recent.before(SegmentId{3}).before, (Texts{"1", "2"}));
  EXPECT_EQ(recent.before(SegmentId{9}).before, (Texts{"2", "3", "4"}));
  recent.settled(settled(3, "three"));  // a correction
  recent.settled(settled(2, ""));       // a removal
  EXPECT_EQ(recent.before(SegmentId{9}).before, (Texts{"1", "three", "4"}));
}

TEST(RecentSegments, IsBoundedInBytesAndInSegments) {
  RecentSegments recent;
  for (std::uint32_t id = 1; id <= 1'000; ++id) recent.settled(settled(id, std::string(400, 'a')));
  EXPECT_EQ(recent.before(SegmentId{1'001}).before.size(), 2u) << "1000 bytes in all";
  EXPECT_TRUE(recent.before(SegmentId{500}).before.empty()) << "forgotten";
  recent.settled(settled(1'001, std::string(1'001, 'a')));
  EXPECT_TRUE(recent.before(SegmentId{1'002}).before.empty());
}

TEST(CaptionTrack, ATranslationInOtherLettersStandsAndTakesNothingBack) {
  CaptionTrack track(
      Language{"es"},
      [](const std::string& text, SegmentId, auto done) { done(Result<std::string>(text)); },
      [](const Caption&, const std::string&, bool) {});
  const auto reader = std::make_shared<Reader>();
  track.add(reader, {});
  for (const char* text : {"el mar está en calma", "¡El Mar, está en calma! Y", "Otra cosa",
                           "el mar está en calma y bien"})
    track.show(revision(text), true);
  EXPECT_EQ(reader->seen,
            (std::vector<std::string>{"|el mar está en calma", "¡El Mar, está en calma!| Y",
                                      "el mar está en calma y| bien"}))
      << "what has other words waits";
}

TEST(SessionMeter, OtherLettersEraseNothingAndSayNoMore) {
  SessionMeter meter{Language{"en"}};
  Caption caption;
  caption.segment.id = SegmentId{1};
  caption.language = Language{"es"};
  const std::tuple<const char*, const char*, bool> sent[] = {{"we sail", "zarpamos ya", true},
                                                             {"We sail.", "Zarpamos, ya.", false},
                                                             {"We sail on", "¡Zarpamos ya", true}};
  for (const auto& [source, text, says_more] : sent) {
    engine::ShowCaption shown;
    shown.segment = SegmentId{1};
    shown.text = source;
    meter.source_shown(shown);
    caption.segment.text = text;
    EXPECT_EQ(meter.sent(caption, source, false, at_ms(900)).says_more, says_more) << source;
  }
  EXPECT_EQ(meter.figures().source_erasure, 0);
  EXPECT_EQ(meter.figures().erasure, 0);
}

TEST(SpokenPairs, MarksThatStandAloneAreNoWords) {
  SpokenPairs pairs;
  const SessionTime ends[] = {at_ms(300), at_ms(600), at_ms(900)};
  engine::Speak piece;
  piece.result_id = "r";
  piece.text = "ça va ? — Oui !";
  pairs.said(engine::Mode::partial, piece, std::span(ends), at_ms(1000), {});
  piece.text = "ça va oui";
  pairs.said(engine::Mode::final_only, piece, std::span(ends), at_ms(2000), {});
  pairs.settle();
  EXPECT_EQ(pairs.figures().words, 3u);
}

}  // namespace
}  // namespace sotto::pipeline

#include "engine/snapshot.hpp"

#include <algorithm>
#include <random>

#include "tests/support/events.hpp"
#include "tests/support/transcribe_lines.hpp"
#include "transcript/codec.hpp"

namespace sotto::engine {
namespace {

using ::testing::HasSubstr;

// An engine in the middle of a talk, with whatever a talk leaves in one.
Engine in_mid_talk(double seconds = 60) {
  Engine engine = Engine::create({}).value();
  transcript::Decoder decoder;
  transcript::Event event;
  Commands out;
  for (const std::string& line : testing::transcribe_lines({"golden-eagle-427", seconds, 7})) {
    const auto envelope = decoder.decode(line, event);
    engine.step(TranscriptReceived{&event}, *envelope->arrival, out);
    out.clear();
  }
  return engine;
}

TEST(Snapshot, OfAnHourOfTalkHasAFewKilobytes) {
  for (const double seconds : {60.0, 3600.0}) {
    const auto kept = snapshot(in_mid_talk(seconds));
    ASSERT_TRUE(kept);
    EXPECT_LE(kept->size(), 4096u) << "after " << seconds << " s";
  }
  EXPECT_LE(snapshot(Engine::create({}).value())->size(), 128u);
}

TEST(Snapshot, KeepsEverySetting) {
  Settings settings;
  settings.mode = Mode::final_only;
  settings.min_stability_threshold = 0.9;
  settings.provisional_threshold = 0.4;
  settings.max_buffer_timeout = milliseconds{3210};
  settings.pause_threshold = milliseconds{1234};
  settings.orphan_timeout = milliseconds{23'456};
  settings.max_rate_per_second = 7;
  settings.dedup_ttl = milliseconds{9'876};
  settings.missing_stability_hold = milliseconds{2'345};
  settings.fallback_timeout = milliseconds{8'765};
  settings.buffer_span = milliseconds{7'654};
  settings.buffer_words = 123;
  settings.retranslate_words = 5;
  settings.retranslate_interval = milliseconds{654};
  settings.translation_budget = 1.7;
  settings.phrase_gap = milliseconds{321};
  settings.phrase_words = 6;
  settings.segment_words = 17;
  settings.calibration.emplace();
  settings.calibration->survival[2][3] = 0.625f;
  const auto kept = snapshot(Engine::create(settings).value());
  ASSERT_TRUE(kept);
  // Each of them counts: another value gives other bytes, and restoring gives the same ones.
  const std::pair<const char*, std::function<void(Settings&)>> changes[] = {
      {"mode", [](Settings& s) { s.mode = Mode::partial; }},
      {"min_stability", [](Settings& s) { s.min_stability_threshold = 0.91; }},
      {"provisional", [](Settings& s) { s.provisional_threshold = 0.41; }},
      {"buffer_timeout", [](Settings& s) { s.max_buffer_timeout += milliseconds{1}; }},
      {"pause", [](Settings& s) { s.pause_threshold += milliseconds{1}; }},
      {"orphan", [](Settings& s) { s.orphan_timeout += milliseconds{1}; }},
      {"rate", [](Settings& s) { ++s.max_rate_per_second; }},
      {"dedup", [](Settings& s) { s.dedup_ttl += milliseconds{1}; }},
      {"hold", [](Settings& s) { s.missing_stability_hold += milliseconds{1}; }},
      {"fallback", [](Settings& s) { s.fallback_timeout += milliseconds{1}; }},
      {"span", [](Settings& s) { s.buffer_span += milliseconds{1}; }},
      {"words", [](Settings& s) { ++s.buffer_words; }},
      {"retranslate_words", [](Settings& s) { ++s.retranslate_words; }},
      {"retranslate_interval", [](Settings& s) { s.retranslate_interval += milliseconds{1}; }},
      {"translation_budget", [](Settings& s) { s.translation_budget += 0.1; }},
      {"phrase_gap", [](Settings& s) { s.phrase_gap += milliseconds{1}; }},
      {"phrase_words", [](Settings& s) { ++s.phrase_words; }},
      {"segment_words", [](Settings& s) { ++s.segment_words; }},
      {"calibration", [](Settings& s) { s.calibration->survival[2][3] = 0.5f; }}};
  for (const auto& [name, change] : changes) {
    Settings other = settings;
    change(other);
    EXPECT_NE(snapshot(Engine::create(other).value()).value(), *kept) << name;
  }
  EXPECT_EQ(snapshot(restore(*kept).value()).value(), *kept);
}

TEST(Snapshot, BytesOfAnotherKindAreRefused) {
  const std::string kept = snapshot(in_mid_talk()).value();
  const auto why = [](std::string bytes) {
    const auto restored = restore(bytes);
    EXPECT_FALSE(restored);
    if (restored) return std::string("accepted");
    EXPECT_EQ(restored.error().code, ErrorCode::invalid_argument);
    return restored.error().message;
  };
  EXPECT_THAT(why(""), HasSubstr("something else"));
  EXPECT_THAT(why("{\"json\":true}"), HasSubstr("something else"));
  std::string newer = kept;
  newer[2] = 5;
  EXPECT_THAT(why(newer), HasSubstr("form 5"));
  newer[2] = 0;
  EXPECT_THAT(why(newer), HasSubstr("form 0"));
  EXPECT_THAT(why(kept + '\0'), HasSubstr("damaged"));
  EXPECT_THAT(why(kept + std::string(max_snapshot_bytes, 'x')), HasSubstr("too long"));
}

// Written by a program of form 1: "good evening" was said, and "we begin. now the" is committed.
constexpr const char* of_form_1 =
    "5345012e4c6c7000333333333333eb3f295c8fc2f528ec3f904ea01fb0ea0105a09c01f02ea09c01a09c01ac"
    "0204d00fac02050e00f8230204027231000100b009f80a8827000000f80a020c676f6f64206576656e696e67"
    "000400d804b00900010700d8040000020201010200000000010272320002d00fb022f8238827000000f82304"
    "11776520626567696e2e206e6f77207468650002d00fd804b02202010600d8040002010300d8040002010300"
    "d8040002040201020201076e6f7720746865020103070000f8238019b02201f8230000803f000156b774ea6a"
    "b487a16e2a461e90933e55570b9905990c0a6800b009f80a000000000302";

// Written by a program of form 3: "good evening" and "we begin now" were said.
constexpr const char* of_form_3 =
    "53450300333333333333eb3f295c8fc2f528ec3f904ea01fb0ea0105a09c01f02ea09c01a09c01ac0204d00f"
    "ac02050e00904e0204027231000100b009a01f00000000a01f020c676f6f64206576656e696e67000400d804"
    "b0090000010700d80400000002020101020000000000040272320002f02ef83c904e00000000904e030c7765"
    "20626567696e206e6f770002f02ed804f83c0000010500d804000000010300d8040000000303010203000000"
    "0000026ce77bb50783dc0825232284e49cf2cbd4a18eb5e0ee345200b009a01f85ec7bb50786dc0825232284"
    "e49cf2cbec8baeae032f9e02f02ef83c904e000000000202";

std::string bytes_of(const char* hex) {
  std::string bytes;
  for (; *hex; hex += 2) bytes += static_cast<char>(std::stoi(std::string(hex, 2), nullptr, 16));
  return bytes;
}

TEST(Snapshot, OneOfAnEarlierFormGoesOn) {
  const std::string bytes = bytes_of(of_form_1);
  auto engine = restore(bytes);
  ASSERT_TRUE(engine) << engine.error().message;
  Commands out;
  const auto last =
      testing::final_result("We begin. Now the rest.", {.id = "r2", .start = at_ms(1000)});
  engine->step(TranscriptReceived{&last}, at_ms(3000), out);
  std::vector<std::string> said;
  for (const Command& command : out)
    if (const auto* speak = std::get_if<Speak>(&command)) said.emplace_back(speak->text);
  EXPECT_EQ(said, std::vector<std::string>{"rest."});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(restore(bytes.substr(0, size))) << size;
}

// Forms 2 and 3 differ in the probe of a hash function behind the form, and in the finals' hashes.
TEST(Snapshot, OfFormTwoKnowsOnlyTheFinalsOfTrackedResultsAgain) {
  const auto earlier = testing::final_result("good evening", {.id = "r1", .start = at_ms(0)});
  const auto latest = testing::final_result("we begin now", {.id = "r2", .start = at_ms(3000)});
  const auto said_again = [&](Engine restored, const transcript::Event& final) {
    Commands commands;
    restored.step(TranscriptReceived{&final}, at_ms(5100), commands);
    return std::any_of(commands.begin(), commands.end(), [](const Command& command) {
      const auto* speak = std::get_if<Speak>(&command);
      return speak && !speak->text.empty();
    });
  };
  std::string bytes = bytes_of(of_form_3);
  EXPECT_FALSE(said_again(restore(bytes).value(), earlier));
  EXPECT_FALSE(said_again(restore(bytes).value(), latest));
  bytes[2] = 2;
  bytes.insert(3, "\x2e\x4c\x6c\x70");
  ASSERT_TRUE(restore(bytes));
  EXPECT_FALSE(said_again(restore(bytes).value(), latest));
  bytes[3] = 0;
  EXPECT_TRUE(restore(bytes)) << "whatever the hash function was";
  EXPECT_EQ(snapshot(*restore(bytes)).value()[2], 4);
}

TEST(Snapshot, KeepsConfidenceAndWhatIsWithheld) {
  Engine engine = Engine::create({}).value();
  transcript::Event event;
  event.begin_result(
      {.id = "r", .channel = {}, .transcript = "so be it.", .end = at_ms(900), .is_partial = true});
  event.add_item({.content = "so", .stable = transcript::StableFlag::stable, .confidence = 0.75f});
  event.add_item({.content = "be", .stable = transcript::StableFlag::stable});
  event.add_item({.content = "it", .stable = transcript::StableFlag::stable, .confidence = 0.0f});
  event.add_item({.content = ".", .kind = transcript::ItemKind::punctuation});
  Commands out;
  engine.step(TranscriptReceived{&event}, at_ms(900), out);
  const std::string kept = snapshot(engine).value();
  auto restored = restore(kept);
  ASSERT_TRUE(restored);
  EXPECT_EQ(snapshot(*restored).value(), kept);
  out.clear();
  restored->step(EndOfAudio{}, at_ms(1000), out);
  std::string shown;
  for (const Command& command : out)
    if (const auto* caption = std::get_if<ShowCaption>(&command)) shown = caption->text;
  EXPECT_EQ(shown, "so be it.");
}

TEST(Snapshot, CutOffAnywhereItIsRefused) {
  const std::string kept = snapshot(in_mid_talk()).value();
  for (std::size_t size = 0; size < kept.size(); ++size)
    EXPECT_FALSE(restore(kept.substr(0, size))) << size;
}

TEST(Snapshot, DamagedBytesNeverDoHarm) {
  const std::string kept = snapshot(in_mid_talk()).value();
  std::mt19937 random{11};
  std::size_t usable = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = kept;
    for (auto changes = 1 + random() % 3; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    auto engine = restore(bytes);
    if (!engine) continue;
    ++usable;
    Commands out;
    const auto event = testing::stable_partial("and on it goes", {.start = at_ms(61'000)});
    engine->step(TranscriptReceived{&event}, at_ms(62'000), out);
    for (int tick = 0; tick < 20 && engine->next_tick(); ++tick)
      engine->step(Tick{}, *engine->next_tick(), out);
    engine->step(EndOfAudio{}, at_ms(90'000), out);
  }
  EXPECT_GT(usable, 100u) << "damaged text is still text";
}

TEST(Snapshot, TooMuchTextIsAnErrorAndNoHarm) {
  Engine engine = Engine::create({}).value();
  Commands out;
  std::string words;
  for (int i = 0; i < 60'000; ++i) words += "wide ";
  // It waits for the first, so its words are kept.
  const auto first = testing::partial("calm", {.id = "a"});
  const auto second =
      testing::final_result(words, {.id = "b", .is_partial = false, .start = at_ms(5'000)});
  engine.step(TranscriptReceived{&first}, at_ms(100), out);
  engine.step(TranscriptReceived{&second}, at_ms(200), out);
  const auto kept = snapshot(engine);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace sotto::engine

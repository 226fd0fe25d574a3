#include "transcript/codec.hpp"
#include "transcript/stability_calibration.hpp"

namespace sotto::transcript {
namespace {

// The shape that Amazon documents for a streaming partial result.
constexpr std::string_view partial_json = R"({"Transcript":{"Results":[{
  "ResultId":"r1","StartTime":0.11,"EndTime":1.05,"IsPartial":true,"ChannelId":"ch_0","Alternatives":[
  {"Transcript":"The amazon.","Items":[
    {"Content":"The","StartTime":0.11,"EndTime":0.375,"Type":"pronunciation","Stable":true,"VocabularyFilterMatch":false},
    {"Content":"amazon","StartTime":0.375,"EndTime":1.05,"Type":"pronunciation","Stable":false},
    {"Content":".","StartTime":1.05,"EndTime":1.05,"Type":"punctuation","Confidence":0.5}],"Entities":[]},
  {"Transcript":"second alternative","Items":[{"Content":"second","Type":"pronunciation"}]}]}]}})";

TEST(Codec, ReadsTranscribesShape) {
  Decoder decoder;
  Event event;
  const auto envelope = decoder.decode(partial_json, event);
  ASSERT_TRUE(envelope) << envelope.error().message;
  EXPECT_FALSE(envelope->arrival);
  ASSERT_EQ(event.size(), 1u);
  const RecognitionResult result = event[0];
  EXPECT_EQ(result.id, "r1");
  EXPECT_EQ(result.channel, "ch_0");
  EXPECT_EQ(result.transcript, "The amazon.");
  EXPECT_TRUE(result.is_partial);
  EXPECT_EQ(result.start, at_ms(110));
  EXPECT_EQ(result.end, at_ms(1050));
  ASSERT_EQ(result.items.size(), 3u);
  EXPECT_EQ(result.items[0].stable, StableFlag::stable);
  EXPECT_EQ(result.items[1].stable, StableFlag::unstable);
  EXPECT_EQ(result.items[1].content, "amazon");
  EXPECT_EQ(result.items[2].kind, ItemKind::punctuation);
  EXPECT_EQ(result.items[2].stable, StableFlag::missing);
  EXPECT_EQ(result.items[2].confidence, 0.5f);
}

TEST(Codec, ReadsTheEnvelopeWhereverItStands) {
  Decoder decoder;
  Event event;
  const auto envelope = decoder.decode(
      R"({"ArrivalMs":1234,"Transcript":{"Results":[]},"Language":"en","SessionId":"golden-eagle-427"})",
      event);
  ASSERT_TRUE(envelope) << envelope.error().message;
  EXPECT_EQ(envelope->session, "golden-eagle-427");
  EXPECT_EQ(envelope->arrival, at_ms(1234));
  EXPECT_EQ(envelope->language, "en");
  EXPECT_TRUE(event.empty());
}

TEST(Codec, WhatItWritesItReadsBack) {
  Event event;
  event.begin_result({.id = "a",
                      .channel = "",
                      .transcript = "caf\xC3\xA9 \"now\"",
                      .start = at_ms(20),
                      .end = at_ms(900),
                      .is_partial = false});
  event.add_item({.content = "caf\xC3\xA9",
                  .start = at_ms(20),
                  .end = at_ms(400),
                  .stable = StableFlag::stable});
  event.add_item(
      {.content = "\"now\"", .start = at_ms(400), .end = at_ms(900), .confidence = 0.25f});
  event.begin_result({.id = "b", .channel = "", .transcript = "", .is_partial = true});
  const Envelope envelope{"s", at_ms(7), "en"};
  const std::string line = encode(event, envelope);

  Decoder decoder;
  Event again;
  const auto read = decoder.decode(line, again);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->arrival, at_ms(7));
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].transcript, event[0].transcript);
  EXPECT_EQ(again[0].items[1].content, "\"now\"");
  EXPECT_EQ(again[0].items[1].confidence, 0.25f);
  EXPECT_EQ(again[1].items.size(), 0u);
  EXPECT_EQ(encode(again, *read), line);
}

TEST(Codec, RefusesWhatIsNotAnEventAndNamesTheMember) {
  struct Case {
    std::string json;
    std::string field;
  };
  const std::vector<Case> cases = {
      {"", "event"},
      {"[]", "event"},
      {"{\"Transcript\":", "event"},
      {"{} {}", "event"},
      {R"({"Transcript":[]})", "Transcript"},
      {R"({"Transcript":{"Results":7}})", "Results"},
      {R"({"Transcript":{"Results":[{"ResultId":7}]}})", "ResultId"},
      {R"({"Transcript":{"Results":[{"StartTime":-1}]}})", "StartTime"},
      {R"({"Transcript":{"Results":[{"EndTime":1e300}]}})", "EndTime"},
      {R"({"Transcript":{"Results":[{"Alternatives":[{"Items":[{"Stable":"yes"}]}]}]}})", "Stable"},
      {R"({"Transcript":{"Results":[{"Alternatives":[{"Items":[{"Confidence":2}]}]}]}})",
       "Confidence"},
      {R"({"ArrivalMs":"soon"})", "ArrivalMs"},
      {std::string(Decoder::max_bytes + 1, ' '), "event"},
  };
  Decoder decoder;
  for (const Case& c : cases) {
    Event event;
    const auto envelope = decoder.decode(c.json, event);
    ASSERT_FALSE(envelope) << c.json.substr(0, 80);
    EXPECT_EQ(envelope.error().field, c.field)
        << c.json.substr(0, 80) << ": " << envelope.error().message;
    EXPECT_TRUE(event.empty());
  }
  Event event;
  EXPECT_TRUE(decoder.decode(partial_json, event)) << "the decoder is usable after errors";
}

TEST(Event, KeepsItsTextWhenCopiedAndMoved) {
  Event event;
  event.begin_result({.id = "x", .channel = "", .transcript = "ab"});
  event.add_item({.content = "ab"});
  Event copy = event;
  Event moved = std::move(event);
  EXPECT_EQ(copy[0].items[0].content, "ab");
  EXPECT_EQ(moved[0].items[0].content, "ab");
  for (int i = 0; i < 200; ++i)
    moved.add_item({.content = "a longer word that makes the arena grow"});
  EXPECT_EQ(moved[0].items[0].content, "ab");
  EXPECT_EQ(moved[0].items.size(), 201u);
}

TEST(StabilityCalibration, ClampsToItsTable) {
  StabilityCalibration calibration;
  calibration.survival[0][0] = 0.25f;
  calibration.survival[5][10] = 0.75f;
  EXPECT_EQ(calibration.probability(0, milliseconds{-5}), 0.25f);
  EXPECT_EQ(calibration.probability(99, milliseconds{99999}), 0.75f);
}

TEST(StabilityCalibration, ConfidenceMovesTheShareWhereTheRecogniserHasOne) {
  StabilityCalibration calibration;
  for (auto& row : calibration.survival) row.fill(0.8f);
  EXPECT_EQ(calibration.probability(1, milliseconds{300}, 0.1f), 0.8f) << "it says nothing";
  calibration.confidence_shift = {-3, -2, -1, 0, 0, 0, 1, 2};
  EXPECT_EQ(calibration.probability(1, milliseconds{300}), 0.8f) << "a word without one";
  EXPECT_EQ(calibration.probability(1, milliseconds{300}, 0.90f), 0.8f);
  EXPECT_NEAR(calibration.probability(1, milliseconds{300}, 0.1f), 0.166f, 0.001f);
  EXPECT_NEAR(calibration.probability(1, milliseconds{300}, 1.0f), 0.967f, 0.001f);
  float before = 0;
  for (const float confidence : {0.0f, 0.29f, 0.3f, 0.69f, 0.7f, 0.969f, 0.98f, 1.0f}) {
    const float share = calibration.probability(1, milliseconds{300}, confidence);
    EXPECT_GE(share, before) << confidence;
    before = share;
  }
  EXPECT_LE(StabilityCalibration::moved(0.9989f, 50), StabilityCalibration::highest);
  EXPECT_EQ(StabilityCalibration::moved(0, 2), 0);
  EXPECT_EQ(StabilityCalibration::moved(1, -2), 1);
}

TEST(Event, ViewsFollowTheTextAsItGrowsAndMoves) {
  const std::string id(10, 'i'), channel(100, 'c'), transcript(1000, 't');
  Event event;
  for (int i = 0; i < 5; ++i) {
    event.begin_result({.id = id, .channel = channel, .transcript = transcript});
    event.add_item({.content = "word"});
  }
  const Event copy = event;
  const Event moved = std::move(event);
  for (const Event* each : {&copy, &moved})
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ((*each)[i].id, id);
      EXPECT_EQ((*each)[i].channel, channel);
      EXPECT_EQ((*each)[i].transcript, transcript);
      ASSERT_EQ((*each)[i].items.size(), 1u);
      EXPECT_EQ((*each)[i].items[0].content, "word");
    }
}

// Pinned: the members of Transcribe's streaming messages as its API reference lists them
// (TranscriptEvent, Transcript, Result, Alternative, Item), those that are not read included.
constexpr std::string_view documented_partial = R"({"Transcript":{"Results":[{
  "Alternatives":[{"Entities":[{"Category":"PII","Confidence":0.9,"Content":"Ana","EndTime":1.1,
    "StartTime":0.9,"Type":"NAME"}],
    "Items":[
      {"Confidence":null,"Content":"Hello","EndTime":0.48,"Speaker":"0","Stable":true,
       "StartTime":0.12,"Type":"pronunciation","VocabularyFilterMatch":false},
      {"Content":",","EndTime":0.48,"Stable":true,"StartTime":0.48,"Type":"punctuation",
       "VocabularyFilterMatch":false},
      {"Content":"Ana","EndTime":1.1,"Stable":false,"StartTime":0.9,"Type":"pronunciation",
       "VocabularyFilterMatch":false}],
    "Transcript":"Hello, Ana"}],
  "ChannelId":"ch_0","EndTime":1.125,"IsPartial":true,
  "LanguageCode":"en-US","LanguageIdentification":[{"LanguageCode":"en-US","Score":0.99}],
  "ResultId":"2b9a7e80-1f5c-4d0a-9c55-3f0f6c7d8e11","StartTime":0.12}]}})";

TEST(Wire, ADocumentedPartialResultIsReadWhole) {
  Decoder decoder;
  Event event;
  const auto envelope = decoder.decode(documented_partial, event);
  ASSERT_TRUE(envelope) << envelope.error().message;
  EXPECT_TRUE(envelope->session.empty());
  EXPECT_FALSE(envelope->arrival);
  ASSERT_EQ(event.size(), 1u);
  const RecognitionResult result = event[0];
  EXPECT_EQ(result.id, "2b9a7e80-1f5c-4d0a-9c55-3f0f6c7d8e11");
  EXPECT_EQ(result.channel, "ch_0");
  EXPECT_EQ(result.transcript, "Hello, Ana");
  EXPECT_TRUE(result.is_partial);
  EXPECT_EQ(result.start, at_ms(120));
  EXPECT_EQ(result.end, at_ms(1125));
  ASSERT_EQ(result.items.size(), 3u);
  EXPECT_EQ(result.items[0].content, "Hello");
  EXPECT_EQ(result.items[0].stable, StableFlag::stable);
  EXPECT_FALSE(result.items[0].confidence);
  EXPECT_EQ(result.items[1].kind, ItemKind::punctuation);
  EXPECT_EQ(result.items[2].stable, StableFlag::unstable);
  EXPECT_EQ(result.items[2].start, at_ms(900));
}

TEST(Wire, FinalsCarryConfidenceAndStabilisationMayBeOff) {
  Decoder decoder;
  Event event;
  ASSERT_TRUE(decoder.decode(
      R"({"Transcript":{"Results":[{"ResultId":"a","IsPartial":false,"StartTime":0.0,"EndTime":1.5e0,
          "Alternatives":[{"Transcript":"Yes","Items":[{"Content":"Yes","Confidence":0.9713,
          "StartTime":0,"EndTime":1.50049,"Type":"pronunciation"}]},
          {"Transcript":"Yeah","Items":[]}]}]}})",
      event));
  ASSERT_EQ(event[0].items.size(), 1u) << "the first alternative alone";
  EXPECT_EQ(event[0].items[0].stable, StableFlag::missing);
  EXPECT_FLOAT_EQ(*event[0].items[0].confidence, 0.9713f);
  EXPECT_EQ(event[0].end, at_ms(1500));
  EXPECT_EQ(event[0].items[0].end, at_ms(1500)) << "rounded to the millisecond";
}

TEST(Wire, ConfidenceMayBeAString) {
  struct Case {
    const char* json;
    std::optional<float> confidence;
    bool refused;
  };
  const Case cases[] = {{"0.5", 0.5f, false},
                        {"\"0.5\"", 0.5f, false},
                        {"1", 1.0f, false},
                        {"\"1.0\"", 1.0f, false},
                        {"\"0\"", 0.0f, false},
                        {"null", std::nullopt, false},
                        {"\"1.5\"", std::nullopt, true},
                        {"\"-1\"", std::nullopt, true},
                        {"\"high\"", std::nullopt, true},
                        {"\"\"", std::nullopt, true},
                        {"\"nan\"", std::nullopt, true},
                        {"[]", std::nullopt, true}};
  Decoder decoder;
  Event event;
  for (const Case& c : cases) {
    const auto envelope = decoder.decode(
        std::string(
            R"({"Transcript":{"Results":[{"Alternatives":[{"Items":[{"Content":"a","Confidence":)") +
            c.json + "}]}]}]}}",
        event);
    ASSERT_EQ(envelope.has_value(), !c.refused) << c.json;
    if (envelope) {
      EXPECT_EQ(event[0].items[0].confidence, c.confidence) << c.json;
    } else {
      EXPECT_EQ(envelope.error().field, "Confidence") << c.json;
    }
  }
}

TEST(Wire, TimesThatNoClockHasAreRefusedByName) {
  Decoder decoder;
  Event event;
  for (const char* time : {"-1", "10000000.001", "99999999999999999999999", "1e9", "\"1\"", "01"}) {
    const auto read = decoder.decode(
        R"({"Transcript":{"Results":[{"EndTime":)" + std::string(time) + "}]}}", event);
    ASSERT_FALSE(read) << time;
    EXPECT_EQ(read.error().field, "EndTime") << time;
  }
  EXPECT_TRUE(decoder.decode(R"({"Transcript":{"Results":[{"EndTime":10000000}]}})", event));
  EXPECT_EQ(event[0].end, at_ms(10'000'000'000));
}

TEST(Wire, EveryTimeIsReadToTheMillisecond) {
  Decoder decoder;
  Event event;
  const auto read = [&](const std::string& time) {
    EXPECT_TRUE(decoder.decode(R"({"Transcript":{"Results":[{"EndTime":)" + time + "}]}}", event));
    return event.empty() ? at_ms(-1) : event[0].end;
  };
  for (int ms = 0; ms < 12'000'000; ms = ms < 12'000 ? ms + 1 : ms + 997) {
    std::string whole = std::to_string(ms / 1000), thousandths = std::to_string(1000 + ms % 1000);
    ASSERT_EQ(read(whole + "." + thousandths.substr(1)), at_ms(ms)) << ms;
    while (thousandths.size() > 2 && thousandths.back() == '0') thousandths.pop_back();
    ASSERT_EQ(read(whole + "." + thousandths.substr(1)), at_ms(ms)) << ms;
    ASSERT_EQ(read(whole + "." + thousandths.substr(1) + "0001"), at_ms(ms)) << ms;
  }
  EXPECT_EQ(read("12.3456"), at_ms(12'346));
  EXPECT_EQ(read("1.5e1"), at_ms(15'000));
  EXPECT_EQ(read("9999999"), at_ms(9'999'999'000));
}

TEST(Wire, WhiteSpaceEscapesAndUnknownMembersChangeNothing) {
  Decoder decoder;
  Event event;
  const auto envelope = decoder.decode(
      "\n{ \"x\" : [ { \"}]\" : \"]}\" } , [ ] ] , \"SessionId\" : \"a\\tb\" "
      ",\t\"Language\":\"\\u00e9\","
      "\"Transcript\" : { \"y\" : {\"Results\":7} , \"Results\" : [ { \"ResultId\" : \"\\\"r\\\"\" "
      ","
      "\"EndTime\" : 1.5 , \"Alternatives\" : [ { \"Items\" : [ { \"Content\" : \"caf\\u00e9\" , "
      "\"z\":{} ,"
      "\"Confidence\" : 0.98765 , \"Content\" : \"the \\\\ last\" } ] } , { \"Items\":7 } ] } ] } "
      "} \r\n",
      event);
  ASSERT_TRUE(envelope) << envelope.error().message;
  EXPECT_EQ(envelope->session, "a\tb");
  EXPECT_EQ(envelope->language, "\xC3\xA9");
  ASSERT_EQ(event.size(), 1u);
  EXPECT_EQ(event[0].id, "\"r\"");
  EXPECT_EQ(event[0].end, at_ms(1500));
  ASSERT_EQ(event[0].items.size(), 1u);
  EXPECT_EQ(event[0].items[0].content, "the \\ last") << "the last of two members of one name";
  EXPECT_EQ(event[0].items[0].confidence, static_cast<float>(0.98765));
}

TEST(Wire, WhatIsAlmostJsonIsRefused) {
  Decoder decoder;
  Event event;
  for (const char* json :
       {"{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":[}",
        "{\"a\":{}",
        "{\"a\":1}}",
        "{\"a\":\"x}",
        "{1:2}",
        "{\"a\":\"\\\"}",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\xff\"}",
        "{\"SessionId\":\"\\x\"}",
        "{\"SessionId\":\"\\ud800\"}",
        R"({"Transcript":{"Results":[{},]}})",
        R"({"Transcript":{"Results":[{} {}]}})",
        R"({"Transcript":{"Results":[,{}]}})",
        R"({"Transcript":{"Results":[{]}})",
        R"({"Transcript":{"Results":[]]})",
        R"({"Transcript":{"Results":[] 1}})",
        R"({"Transcript":{"Results":[{"Alternatives":[{},]}]}})",
        R"({"Transcript":{"Results":[{"Alternatives":[{"Items":[{"Content":}]}]}]}})"})
    EXPECT_FALSE(decoder.decode(json, event)) << json;
  EXPECT_TRUE(decoder.decode("{}", event)) << "and the decoder goes on";
}

TEST(Wire, ADecoderReadsMessagesOfAnyLengthInAnyOrder) {
  Decoder decoder;
  Event event;
  for (const std::size_t bytes : {10u, 70'000u, 30u, 200'000u, 1'000'000u, 100u}) {
    const std::string text(bytes, 'x');
    ASSERT_TRUE(decoder.decode(
        R"({"Transcript":{"Results":[{"ResultId":"r","Alternatives":[{"Transcript":")" + text +
            R"("}]}]}})",
        event));
    EXPECT_EQ(event[0].transcript, text);
  }
}

}  // namespace
}  // namespace sotto::transcript

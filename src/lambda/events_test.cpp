#include "lambda/events.hpp"

#include "lambda/record_content.hpp"
#include "lambda/sequence_number.hpp"
#include "tests/support/kinesis.hpp"

namespace sotto::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kinesis_event;
using testing::sequence_number;

TEST(SequenceNumber, IsComparedAsANumber) {
  EXPECT_TRUE(comes_before("", "0"));
  EXPECT_TRUE(comes_before("9", "10"));
  EXPECT_TRUE(comes_before("340282366920938463463374607431768211455",
                           "340282366920938463463374607431768211456"));
  EXPECT_FALSE(comes_before("10", "9"));
  EXPECT_FALSE(comes_before("10", "10"));
  for (const char* wrong : {"", "01", "-1", "1.5", "1e3", " 1", "١"})
    EXPECT_FALSE(is_sequence_number(wrong)) << wrong;
  EXPECT_TRUE(is_sequence_number("0"));
  EXPECT_TRUE(is_sequence_number(sequence_number(7)));
  EXPECT_FALSE(is_sequence_number(std::string(130, '1')));
}

TEST(Invocation, ABatchKeepsItsOrderAndSaysWhichRecordsCannotBeRead) {
  auto event = parse_invocation(kinesis_event({{"a", "one", sequence_number(1)},
                                               {"b c", "two", sequence_number(2)},
                                               {"a", "", sequence_number(3)}}));
  ASSERT_TRUE(event) << event.error().message;
  const auto& records = std::get<Batch>(*event).records;
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].session, SessionId{"a"});
  EXPECT_EQ(records[0].sequence_number, sequence_number(1));
  EXPECT_EQ(records[0].data.value(), "one");
  EXPECT_EQ(records[0].arrived_at, UtcTime{milliseconds{1'764'000'000'250}});
  EXPECT_EQ(records[1].data.error().field, "partitionKey");
  EXPECT_EQ(records[2].data.value(), "");
}

TEST(Invocation, WhatIsNoBatchIsATestOrAnAction) {
  EXPECT_TRUE(std::holds_alternative<TestEvent>(parse_invocation(R"({"test":true})").value()));
  EXPECT_TRUE(std::holds_alternative<TestEvent>(parse_invocation("{}").value()));
  EXPECT_TRUE(std::holds_alternative<InvalidateFlagCache>(
      parse_invocation(R"({"action":"invalidate_flag_cache"})").value()));
  EXPECT_TRUE(std::get<Batch>(parse_invocation(R"({"Records":[]})").value()).records.empty());
}

TEST(Invocation, HostileEventsAreErrors) {
  const std::pair<std::string, std::string> wrong[] = {
      {"", "event"},
      {"[]", "event"},
      {"{", "event"},
      {"{} {}", "event"},
      {std::string(100'000, '['), "event"},
      {R"({"action":"drop_tables"})", "action"},
      {R"({"action":1})", "action"},
      {R"({"Records":{}})", "Records"},
      {R"({"Records":[1]})", "kinesis"},
      {R"({"Records":[{"kinesis":null}]})", "kinesis"},
      {R"({"Records":[{"kinesis":{}}]})", "sequenceNumber"},
      {R"({"Records":[{"kinesis":{"sequenceNumber":17}}]})", "sequenceNumber"},
      {R"({"Records":[{"kinesis":{"sequenceNumber":"0x1"}}]})", "sequenceNumber"},
      {R"({"pad":")" + std::string(max_payload_bytes, 'x') + "\"}", "event"}};
  for (const auto& [payload, field] : wrong) {
    const auto read = parse_invocation(payload);
    ASSERT_FALSE(read) << payload.substr(0, 60);
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(read.error().field, field) << payload.substr(0, 60);
  }
  const auto odd = parse_invocation(
      R"({"Records":[{"kinesis":{"sequenceNumber":"1","partitionKey":"a","data":"?"}},)"
      R"({"kinesis":{"sequenceNumber":"2","partitionKey":"a"}},)"
      R"({"kinesis":{"sequenceNumber":"3","data":"AA=="}},)"
      R"({"kinesis":{"sequenceNumber":"4","partitionKey":"a","data":"AA==",)"
      R"("approximateArrivalTimestamp":1e300}}]})");
  ASSERT_TRUE(odd);
  const auto& records = std::get<Batch>(*odd).records;
  EXPECT_EQ(records[0].data.error().field, "data");
  EXPECT_EQ(records[1].data.error().field, "data");
  EXPECT_EQ(records[2].data.error().field, "partitionKey");
  EXPECT_TRUE(records[3].data);
  EXPECT_FALSE(records[3].arrived_at);
}

TEST(Invocation, ItsAnswerNamesWhatFailed) {
  EXPECT_EQ(batch_answer({}), R"({"batchItemFailures":[]})");
  const std::vector<std::string> failed = {"17", "18"};
  EXPECT_EQ(batch_answer(failed),
            R"({"batchItemFailures":[{"itemIdentifier":"17"},{"itemIdentifier":"18"}]})");
}

class RecordContentTest : public ::testing::Test {
 protected:
  Error wrong(const std::string& data) {
    const auto read = reader.read(data, session);
    EXPECT_FALSE(read) << data;
    return read ? Error{} : read.error();
  }

  const SessionId session{"golden-eagle-427"};
  RecordReader reader;
};

TEST_F(RecordContentTest, IsATranscriptAudioOrTheEnd) {
  const auto event = reader.read(
      R"({"SessionId":"golden-eagle-427","ArrivalMs":1500,"Transcript":{"Results":[{"ResultId":"r1",)"
      R"("IsPartial":true,"StartTime":0.1,"EndTime":1.2,"Alternatives":[{"Transcript":"calm","Items":[]}]}]}})",
      session);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(std::get<Transcript>(*event).event[0].transcript, "calm");
  EXPECT_EQ(std::get<Transcript>(*event).arrival, at_ms(1500));
  const auto silence = reader.read(R"({"Transcript":{"Results":[]}})", session);
  ASSERT_TRUE(silence);
  EXPECT_TRUE(std::get<Transcript>(*silence).event.empty());
  const auto end = reader.read(R"({"EndOfAudio":true,"ArrivalMs":9000})", session);
  ASSERT_TRUE(end);
  EXPECT_EQ(std::get<SessionEnd>(*end).arrival, at_ms(9000));
  const auto audio = reader.read(
      R"({"Audio":"AQD/fw==","OffsetMs":2000,"LanguageCode":"en-GB","SampleRate":16000})", session);
  ASSERT_TRUE(audio) << audio.error().message;
  const auto& chunk = std::get<AudioChunk>(*audio);
  EXPECT_THAT(chunk.samples, ElementsAre(1, 32'767));
  EXPECT_EQ(chunk.offset, milliseconds{2000});
  EXPECT_EQ(chunk.language, Language{"en"});
}

TEST_F(RecordContentTest, SaysWhatIsWrong) {
  EXPECT_EQ(wrong("").code, ErrorCode::invalid_argument);
  EXPECT_EQ(wrong("{}").field, "data");
  EXPECT_EQ(wrong(R"({"SessionId":"somebody-else-1","Transcript":{"Results":[]}})").field,
            "SessionId");
  EXPECT_EQ(wrong(R"({"EndOfAudio":"yes"})").field, "EndOfAudio");
  EXPECT_EQ(wrong(R"({"Audio":"AQ=="})").field, "Audio") << "half a sample";
  EXPECT_EQ(wrong(R"({"Audio":""})").field, "Audio");
  EXPECT_EQ(wrong(R"({"Audio":"AQD/fw==","SampleRate":8000})").field, "SampleRate");
  EXPECT_EQ(wrong(R"({"Audio":"AQD/fw==","LanguageCode":"English"})").field, "LanguageCode");
  EXPECT_EQ(wrong(R"({"Audio":"AQD/fw==","OffsetMs":99999999999})").field, "OffsetMs");
}

}  // namespace
}  // namespace sotto::lambda

#include "providers/aws/transcribe/transcribe_conversation.hpp"

#include <array>

#include "providers/aws/transcribe/transcribe_request.hpp"

namespace sotto::providers::aws {
namespace {

using namespace std::chrono_literals;
using Talk = TranscribeConversation;
using ::testing::ElementsAre;

std::string message(const std::string& kind, const std::string& type, const std::string& payload) {
  const std::array headers = {EventHeader{":message-type", kind},
                              EventHeader{":" + kind + "-type", type}};
  return encode_event(headers, payload).value();
}

std::string heard(const std::string& id, double start, double end, bool is_partial) {
  return message("event", "TranscriptEvent",
                 R"({"Transcript":{"Results":[{"ResultId":")" + id + R"(","StartTime":)" +
                     std::to_string(start) + R"(,"EndTime":)" + std::to_string(end) +
                     R"(,"IsPartial":)" + (is_partial ? "true" : "false") +
                     R"(,"Alternatives":[{"Transcript":"word","Items":[]}]}]}})");
}

// A conversation by a clock that only the test moves. What it wants is written down by name:
// `send 100` is a message with 100 ms of audio.
class Conversation : public ::testing::Test {
 protected:
  std::vector<std::string> wants() {
    std::vector<std::string> names;
    while (auto command = talk_.next(now_)) {
      names.push_back(name_of(*command));
      if (answering_ && std::holds_alternative<Talk::Send>(*command)) talk_.sent();
    }
    return names;
  }

  static std::string name_of(const Talk::Command& command) {
    if (std::holds_alternative<Talk::Connect>(command)) return "connect";
    if (std::holds_alternative<Talk::Disconnect>(command)) return "disconnect";
    if (const auto* send = std::get_if<Talk::Send>(&command)) {
      EventDecoder decoder;
      decoder.feed(send->message);
      return "send " + std::to_string(decoder.next().value()->payload.size() / 32);
    }
    if (const auto* said = std::get_if<Talk::Say>(&command))
      return "say " + std::string(said->event[0].id);
    if (const auto* progress = std::get_if<Talk::Progress>(&command))
      return "progress " + std::to_string(progress->to.count());
    const Result<>& end = std::get<Talk::End>(command).result;
    return "end " + (end ? "well" : std::string(to_string(end.error().code)));
  }

  void speak(milliseconds length) {
    talk_.audio(std::vector<std::int16_t>(static_cast<std::size_t>(length.count()) * 16));
  }
  void connect() {
    EXPECT_THAT(wants(), ElementsAre("connect"));
    talk_.connected(now_);
  }
  void lose(ErrorCode code = ErrorCode::unavailable) {
    talk_.disconnected({code, "gone", {}}, false, now_, 0.5);
  }
  void hear(const std::string& bytes) { talk_.received(bytes, now_, 0.5); }
  std::size_t count_of(const std::vector<std::string>& names, const std::string& name) {
    return static_cast<std::size_t>(std::count(names.begin(), names.end(), name));
  }

  static ConversationSettings settings() {
    ConversationSettings settings;
    settings.catch_up = 0;
    return settings;
  }

  Talk talk_{settings()};
  Talk::Time now_{};
  bool answering_ = true;  // each message goes out at once
};

TEST_F(Conversation, ConnectsWithTheFirstAudioAndSendsWholeFrames) {
  EXPECT_THAT(wants(), ElementsAre());
  speak(150ms);
  connect();
  EXPECT_THAT(wants(), ElementsAre("send 100"));
  speak(60ms);
  EXPECT_THAT(wants(), ElementsAre("send 100"));
}

TEST_F(Conversation, SendsOneMessageAtATime) {
  answering_ = false;
  speak(300ms);
  connect();
  EXPECT_THAT(wants(), ElementsAre("send 100"));
  EXPECT_THAT(wants(), ElementsAre());
  talk_.sent();
  EXPECT_THAT(wants(), ElementsAre("send 100"));
}

TEST_F(Conversation, EndsWithAnEmptyMessageAndTheLastWords) {
  speak(150ms);
  talk_.finish();
  connect();
  EXPECT_THAT(wants(), ElementsAre("send 100", "send 50", "send 0"));
  hear(heard("a", 0, 0.12, false));
  EXPECT_THAT(wants(), ElementsAre("say a", "progress 120"));
  talk_.disconnected({}, true, now_, 0.5);
  EXPECT_THAT(wants(), ElementsAre("progress 150", "end well"));
}

TEST_F(Conversation, LastWordsThatDoNotComeEndIt) {
  speak(100ms);
  talk_.finish();
  connect();
  wants();
  now_ += 14s;
  EXPECT_THAT(wants(), ElementsAre());
  EXPECT_EQ(talk_.wake_at(), now_ + 1s);
  now_ += 1s;
  EXPECT_THAT(wants(), ElementsAre("disconnect", "end deadline_exceeded"));
}

TEST_F(Conversation, SilenceKeepsTheStreamWhileNobodySpeaks) {
  speak(150ms);
  connect();
  wants();
  for (int i = 0; i < 10; ++i) {
    now_ += 4'999ms;
    EXPECT_THAT(wants(), ElementsAre());
    EXPECT_EQ(talk_.wake_at(), now_ + 1ms);
    now_ += 1ms;
    // What was less than a frame goes first.
    EXPECT_THAT(wants(), ElementsAre(i == 0 ? "send 50" : "send 100"));
  }
  speak(1s);
  wants();
  // 0.15 s, nine times 0.1 s of silence, and then half a second of the talk.
  hear(heard("a", 1.05, 1.55, false));
  const auto command = talk_.next(now_);
  ASSERT_TRUE(command);
  const auto& said = std::get<Talk::Say>(*command).event;
  EXPECT_EQ(said[0].start, at_ms(150));
  EXPECT_EQ(said[0].end, at_ms(650));
}

TEST_F(Conversation, ACutBringsBackTheAudioSinceTheLastFinal) {
  speak(10s);
  connect();
  EXPECT_EQ(count_of(wants(), "send 100"), 100u);
  hear(heard("a", 0, 7, false));
  hear(heard("b", 8, 9, true));
  wants();
  lose();
  EXPECT_THAT(wants(), ElementsAre());
  EXPECT_EQ(talk_.wake_at(), now_ + 100ms);
  now_ += 100ms;
  connect();
  EXPECT_EQ(count_of(wants(), "send 100"), 30u);
  hear(heard("x", 1, 2.5, false));
  const auto command = talk_.next(now_);
  ASSERT_TRUE(command);
  const auto& said = std::get<Talk::Say>(*command).event;
  EXPECT_EQ(said[0].id, "b");
  EXPECT_EQ(said[0].end, at_ms(9'500));
}

TEST_F(Conversation, OnlySoMuchAudioIsKept) {
  speak(100s);
  connect();
  wants();
  lose();
  now_ += 1s;
  connect();
  EXPECT_EQ(count_of(wants(), "send 100"), 600u);
}

TEST_F(Conversation, WaitsLongerAfterEachFailureAndGivesUp) {
  speak(100ms);
  std::vector<milliseconds> waits;
  std::vector<std::string> last;
  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(wants(), ElementsAre("connect"));
    lose();
    last = wants();
    if (!talk_.wake_at()) break;
    waits.push_back(std::chrono::duration_cast<milliseconds>(*talk_.wake_at() - now_));
    now_ = *talk_.wake_at();
  }
  EXPECT_THAT(waits, ElementsAre(100ms, 500ms, 1'000ms, 2'000ms, 4'000ms));
  EXPECT_THAT(last, ElementsAre("end unavailable"));
}

TEST_F(Conversation, AFinalOrAMinuteOfServiceForgetsFailures) {
  speak(100ms);
  for (int i = 0; i < 20; ++i) {
    connect();
    now_ += 1min;
    lose();
    wants();
    ASSERT_TRUE(talk_.wake_at());
    now_ = *talk_.wake_at();
  }
}

TEST_F(Conversation, ExceptionsAreTriedAgainOrEndIt) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"BadRequestException", "invalid_argument"},
      {"LimitExceededException", ""},
      {"ConflictException", ""},
      {"InternalFailureException", ""},
      {"ServiceUnavailableException", ""},
      {"SomethingNewException", ""}};
  for (const auto& [exception, end] : cases) {
    Talk talk(settings());
    talk.audio(std::vector<std::int16_t>(1'600));
    ASSERT_TRUE(talk.next(now_));
    talk.connected(now_);
    talk.received(message("exception", exception, R"({"Message":"because"})"), now_, 0.5);
    std::vector<std::string> names;
    while (auto command = talk.next(now_)) names.push_back(name_of(*command));
    EXPECT_EQ(names.front(), "disconnect") << exception;
    if (end.empty())
      EXPECT_EQ(talk.wake_at(), now_ + 100ms) << exception;
    else
      EXPECT_EQ(names.back(), "end " + end) << exception;
  }
}

TEST_F(Conversation, LimitsThatStayEndItAsExhausted) {
  speak(100ms);
  for (int i = 0; i < 6; ++i) {
    connect();
    wants();
    hear(message("exception", "LimitExceededException", "{}"));
    const auto names = wants();
    if (i == 5) {
      EXPECT_THAT(names, ElementsAre("disconnect", "end resource_exhausted"));
      break;
    }
    now_ = talk_.wake_at().value();
  }
}

TEST_F(Conversation, AStreamThatTimedOutIsOpenedAgain) {
  const EventMessage late{
      {{":exception-type", std::string("BadRequestException")}},
      R"({"Message":"Your request timed out because no new audio was received"})"};
  EXPECT_EQ(exception_error(late).code, ErrorCode::unavailable);
}

TEST_F(Conversation, BrokenMessagesAreACut) {
  for (const std::string& bytes :
       {std::string(40, 'x'), heard("a", 0, 1, true).replace(60, 1, "\x01"),
        message("event", "TranscriptEvent", "{")}) {
    Talk talk(settings());
    talk.audio(std::vector<std::int16_t>(1'600));
    ASSERT_TRUE(talk.next(now_));
    talk.connected(now_);
    talk.received(bytes, now_, 0.5);
    std::vector<std::string> names;
    while (auto command = talk.next(now_)) names.push_back(name_of(*command));
    EXPECT_THAT(names, ElementsAre("disconnect"));
    EXPECT_TRUE(talk.wake_at());
  }
}

TEST_F(Conversation, RollsOverAtAFinal) {
  speak(2s);
  connect();
  wants();
  hear(heard("a", 0, 0.5, true));
  wants();
  now_ += 224min;
  talk_.sent();
  wants();
  now_ += 1min;
  EXPECT_EQ(count_of(wants(), "disconnect"), 0u) << "a hypothesis is open";
  hear(heard("a", 0, 1.5, false));
  EXPECT_THAT(wants(), ElementsAre("say a", "progress 1500", "disconnect", "connect"));
  talk_.connected(now_);
  EXPECT_EQ(count_of(wants(), "send 100"), 5u);
}

TEST_F(Conversation, RollsOverInTheEndThoughAHypothesisIsOpen) {
  speak(2s);
  connect();
  wants();
  hear(heard("a", 0, 0.5, true));
  wants();
  now_ += 230min;
  EXPECT_THAT(wants(), ElementsAre("disconnect", "connect"));
}

TEST_F(Conversation, WhatWaitedGoesOutAtABoundedPace) {
  auto paced = settings();
  paced.catch_up = 8;
  Talk talk(paced);
  talk.audio(std::vector<std::int16_t>(16'000 * 10));
  ASSERT_TRUE(talk.next(now_));
  talk.connected(now_);
  int sent = 0;
  const auto begin = now_;
  while (now_ < begin + 1s) {
    while (auto command = talk.next(now_)) {
      if (!std::holds_alternative<Talk::Send>(*command)) continue;
      ++sent;
      talk.sent();
    }
    now_ = talk.wake_at().value();
  }
  EXPECT_GE(sent, 78);
  EXPECT_LE(sent, 90);
}

}  // namespace
}  // namespace sotto::providers::aws

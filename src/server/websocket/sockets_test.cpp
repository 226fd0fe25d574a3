// What goes over the sockets of speakers and listeners.
#include <boost/json.hpp>
#include <cmath>
#include <cstring>
#include <numbers>

#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

using testing::ServerTest;

class SocketsTest : public ServerTest {
 protected:
  SocketsTest() : session(create()), path("/v1/sessions/" + text("session_id")) {}
  std::string text(const char* member) { return std::string(session.at(member).as_string()); }
  std::shared_ptr<SocketHandler> speak() {
    auto speaker = open(path + "/audio", {}, text("speaker_token"));
    speaker->on_text(R"({"type":"start"})");
    return speaker;
  }
  std::vector<std::string> warnings() {
    std::vector<std::string> codes;
    const auto status = last_of(*client);
    for (const auto& warning : status.at("warnings").as_array())
      codes.emplace_back(warning.at("code").as_string());
    return codes;
  }
  void say(const std::string& words, int number) {
    recogniser.say(testing::final_result(
        words, {.id = "r" + std::to_string(number), .start = at_ms(number * 20'000)}));
    poll();
  }

  const boost::json::object session;
  const std::string path;
};

std::vector<std::byte> tone(double amplitude, double seconds) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * 16'000));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(std::lround(std::clamp(
        amplitude * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / 16'000),
        -32'768.0, 32'767.0)));
  std::vector<std::byte> bytes(samples.size() * 2);
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  return bytes;
}

TEST_F(SocketsTest, WarnsTheSpeakerOfSilence) {
  const auto speaker = speak();
  for (int i = 0; i < 4; ++i) speaker->on_binary(testing::silence(16'000));
  EXPECT_TRUE(warnings().empty());
  speaker->on_binary(testing::silence(16'000));
  EXPECT_EQ(warnings(), std::vector<std::string>{"silence"});
  speaker->on_text(R"({"type":"mute","on":true})");
  EXPECT_TRUE(warnings().empty()) << "silence on purpose";
  speaker->on_text(R"({"type":"mute","on":false})");
  EXPECT_EQ(warnings(), std::vector<std::string>{"silence"});
  speaker->on_binary(tone(8000, 1));
  EXPECT_TRUE(warnings().empty());
  EXPECT_FALSE(client->closed);
}

TEST_F(SocketsTest, WarnsTheSpeakerOfClippingAndOfAFaintVoice) {
  const auto speaker = speak();
  speaker->on_binary(tone(100'000, 1));
  EXPECT_EQ(warnings(), std::vector<std::string>{"clipping"});
  EXPECT_NEAR(last_of(*client).at("level").at("peak_dbfs").to_number<double>(), 0, 0.1);
  speaker->on_binary(tone(150, 5));
  EXPECT_EQ(warnings(), std::vector<std::string>{"too_quiet"});
}

TEST_F(SocketsTest, SaysWhenTheRecogniserIsBehind) {
  const auto speaker = speak();
  recogniser.full = true;
  speaker->on_binary(tone(8000, 1));
  EXPECT_EQ(warnings(), std::vector<std::string>{"behind"});
  EXPECT_EQ(last_of(*client).at("dropped_seconds").to_number<double>(), 1);
  recogniser.full = false;
  speaker->on_binary(tone(8000, 1));
  EXPECT_TRUE(warnings().empty());
}

TEST_F(SocketsTest, ASpeakerWhoGoesOnAfterTheEndIsToldSo) {
  const auto speaker = speak();
  speaker->on_binary(tone(8000, 1));
  recogniser.end(fail(ErrorCode::unavailable, "down"));
  EXPECT_FALSE(client->closed);
  speaker->on_binary(tone(8000, 1));
  EXPECT_EQ(client->closed, close_code::normal);
}

TEST_F(SocketsTest, WhatIsNotPcmIsRecognised) {
  for (const std::string magic :
       {"RIFF....WAVEfmt ", "OggS....", "fLaC....", "ID3.....", "\x1A\x45\xDF\xA3...."}) {
    const auto speaker = speak();
    std::vector<std::byte> bytes(magic.size());
    std::memcpy(bytes.data(), magic.data(), magic.size());
    speaker->on_binary(bytes);
    EXPECT_EQ(client->closed, close_code::bad_request) << magic;
    EXPECT_EQ(last_of(*client).at("error").at("field").as_string(), "audio");
    speaker->on_closed();
  }
  EXPECT_NE(registry->open().size(), 0u) << "the session goes on";
}

TEST_F(SocketsTest, ASpeakerWhoReturnsIsToldWhatWasHeard) {
  auto speaker = speak();
  speaker->on_binary(tone(8000, 1.5));
  speaker->on_closed();
  speaker = speak();
  const auto started = boost::json::parse(client->received.at(0));
  EXPECT_EQ(started.at("received_seconds").to_number<double>(), 1.5);
  speaker->on_binary(tone(8000, 1));
  EXPECT_EQ(last_of(*client).at("received_seconds").to_number<double>(), 2.5);
}

TEST_F(SocketsTest, WhatASpeakersClientHasLostCountsAsTheTalkGoesOn) {
  const auto begin = [&](const std::string& from) {
    auto speaker = open(path + "/audio", {}, text("speaker_token"));
    speaker->on_text(R"({"type":"start","from_seconds":)" + from + "}");
    return speaker;
  };
  const auto received = [&] {
    return boost::json::parse(client->received.at(0)).at("received_seconds").to_number<double>();
  };
  auto speaker = begin("2.5");
  EXPECT_EQ(received(), 2.5);
  speaker->on_binary(tone(8000, 1));
  speaker->on_closed();
  speaker = begin("1");
  EXPECT_EQ(received(), 3.5) << "what is known is not asked for";
  speaker->on_closed();
  for (const std::string wrong : {"-1", "1e9", "\"2\"", "null"}) {
    speaker = begin(wrong);
    EXPECT_EQ(client->closed, close_code::bad_request) << wrong;
    EXPECT_EQ(last_of(*client).at("error").at("field").as_string(), "from_seconds");
    speaker->on_closed();
  }
}

TEST_F(SocketsTest, PausingHoldsTheTalk) {
  const auto reader = open(path + "/captions", {{"lang", "en"}});
  const auto readers_client = client;
  const auto speaker = speak();
  speaker->on_binary(tone(8000, 1));
  poll();
  speaker->on_text(R"({"type":"pause"})");
  poll();
  EXPECT_EQ(last_of(*client).at("state").as_string(), "paused");
  EXPECT_EQ(last_of(*readers_client).at("state").as_string(), "paused");
  const auto heard = registry->open().front().session->status().audio;
  speaker->on_binary(tone(8000, 1));
  EXPECT_EQ(registry->open().front().session->status().audio, heard) << "nothing is heard";
  speaker->on_text(R"({"type":"resume"})");
  poll();
  speaker->on_binary(tone(8000, 1));
  EXPECT_GT(registry->open().front().session->status().audio, heard);
  EXPECT_EQ(last_of(*readers_client).at("state").as_string(), "live");
  reader->on_closed();
}

TEST_F(SocketsTest, TheSpeakerSeesWhoListensAndHowTheSessionIsServed) {
  const auto reader = open(path + "/captions", {{"lang", "es"}});
  const auto speaker = speak();
  const auto status = last_of(*client);
  EXPECT_EQ(status.at("listeners").at("total").to_number<int>(), 1);
  EXPECT_TRUE(status.at("partial_results").at("enabled").as_bool());
  rollout::InForce off = *flag.reader->current();
  off.flag.enabled = false;
  registry->apply(off, testing::TestFlag::now, [](std::size_t) {});
  poll();
  speaker->on_binary(tone(8000, 1));
  EXPECT_EQ(last_of(*client).at("partial_results").at("reason").as_string(), "disabled");
  reader->on_closed();
}

TEST_F(SocketsTest, AListenerSwitchesLanguageOnItsSocket) {
  const auto reader = open(path + "/captions", {{"lang", "en"}});
  say("one.", 1);
  reader->on_text(R"({"type":"language","lang":"es","since":0})");
  poll();
  EXPECT_EQ(client->received.at(3), R"({"type":"language","lang":"es"})");
  translator.answer();
  poll();
  EXPECT_EQ(last_of(*client).at("text").as_string(), "es one.");
  EXPECT_EQ(last_of(*client).at("source").as_string(), "one.");
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"{", "type"},
      {R"({"type":"sing"})", "type"},
      {R"({"type":"language"})", "lang"},
      {R"({"type":"language","lang":7})", "lang"},
      {R"({"type":"language","lang":"xx"})", "lang"},
      {R"({"type":"language","lang":"ca","since":"x"})", "since"},
  };
  for (const auto& [message, field] : mistakes) {
    reader->on_text(message);
    poll();
    EXPECT_EQ(last_of(*client).at("error").at("field").as_string(), field) << message;
  }
  EXPECT_FALSE(client->closed) << "and the old language goes on";
  say("two.", 2);
  translator.answer();
  poll();
  EXPECT_EQ(last_of(*client).at("text").as_string(), "es two.");
  reader->on_closed();
}

TEST_F(SocketsTest, SpeechComesWithItsSamples) {
  const auto hearer = open(path + "/speech", {{"lang", "es"}});
  say("one.", 1);
  translator.answer();
  poll();
  const auto speech = last_of(*client);
  EXPECT_EQ(speech.at("type").as_string(), "speech");
  EXPECT_EQ(speech.at("text").as_string(), "es one.");
  EXPECT_EQ(speech.at("sample_rate").to_number<int>(), 22'050);
  EXPECT_EQ(speech.at("samples").to_number<std::size_t>() * 2, client->binary);
  EXPECT_GT(client->binary, 0u);
  hearer->on_text(R"({"type":"language","lang":"en"})");
  poll();
  say("two.", 2);
  EXPECT_EQ(last_of(*client).at("lang").as_string(), "en");
  hearer->on_text(R"({"type":"language","lang":"ca"})");
  poll();
  EXPECT_EQ(last_of(*client).at("error").at("field").as_string(), "lang") << "has no voice";
  hearer->on_closed();
  const auto other = open(path + "/speech", {{"lang", "ca"}});
  EXPECT_EQ(client->closed, close_code::bad_request);
}

TEST_F(SocketsTest, AStrangerCannotSpeakThoughItKnowsTheDigest) {
  const auto stranger = open(path + "/audio", {}, registry->find(text("session_id"))->token_digest);
  stranger->on_binary(testing::silence(160));
  EXPECT_EQ(client->closed, close_code::no_right);
}

}  // namespace
}  // namespace sotto::server

#include "providers/aws/transcribe/transcribe_recogniser.hpp"

#include <fstream>

#include "providers/aws/client/test_server.hpp"
#include "supervision/test_support.hpp"
#include "tests/contract/recogniser_contract.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/transcribe_hearing.hpp"
#include "tests/support/transcribe_server.hpp"

namespace sotto::providers::aws {
namespace {

using namespace std::chrono_literals;
using contract::RecordingSink;
using sotto::supervision::test::eventually;
using sotto::testing::marked_audio;
using sotto::testing::TranscribeFault;
using sotto::testing::TranscribeServer;
using sotto::testing::TranscribeServerSettings;
using Kind = TranscribeFault::Kind;

const testing::Certificate& certificate() {
  static const testing::Certificate made = testing::Certificate::make();
  return made;
}

const std::string& ca_file() {
  static const sotto::testing::TemporaryFolder folder;
  static const std::string path = [] {
    const auto file = folder.path() / "ca.pem";
    std::ofstream(file) << certificate().certificate;
    return file.string();
  }();
  return path;
}

TranscribeServerSettings server_settings() {
  TranscribeServerSettings settings;
  settings.certificate = certificate().certificate;
  settings.key = certificate().key;
  return settings;
}

TranscribeSettings quick() {
  TranscribeSettings settings;
  settings.ca_file = ca_file();
  settings.conversation.catch_up = 200;
  return settings;
}

// Does not know who made the server's certificate.
TranscribeSettings distrustful() {
  TranscribeSettings settings = quick();
  settings.ca_file.clear();
  settings.conversation.attempts = 1;
  return settings;
}

// A server and a recogniser of it.
struct Service {
  explicit Service(TranscribeServerSettings with = server_settings(),
                   TranscribeSettings settings = quick(),
                   Credentials credentials = TranscribeServerSettings{}.credentials)
      : server(std::move(with)) {
    ClientConfig config;
    config.region = "eu-west-1";
    config.endpoints["Transcribe Streaming"] = {true, "localhost", server.port(), ""};
    client =
        std::make_shared<Client>(config, std::make_shared<FixedCredentials>(credentials), nullptr);
    recogniser = TranscribeRecogniser::create(client, std::move(settings)).value();
  }

  // Hears all of `audio` and returns when everything was said.
  Result<> hear(const std::vector<std::int16_t>& audio, RecordingSink& recording) {
    auto stream = recogniser->open(Language{"en"}, recording.sink());
    if (!stream) return tl::unexpected(stream.error());
    contract::push_all(**stream, audio, recording);
    (*stream)->finish();
    recording.wait_for_end();
    const auto ends = recording.ends();
    return ends.size() == 1 ? ends[0] : fail(ErrorCode::internal, "no end, or several");
  }

  TranscribeServer server;
  std::shared_ptr<Client> client;
  std::unique_ptr<TranscribeRecogniser> recogniser;
};

class WithItsServer : public ports::Recogniser {
 public:
  explicit WithItsServer(TranscribeSettings settings = quick())
      : service_(server_settings(), std::move(settings)) {}

  std::vector<Language> languages() const override { return service_.recogniser->languages(); }
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language& language,
                                                        ports::RecogniserSink sink) override {
    return service_.recogniser->open(language, std::move(sink));
  }
  std::optional<transcript::StabilityCalibration> calibration(
      const Language& language) const override {
    return service_.recogniser->calibration(language);
  }

 private:
  Service service_;
};

const std::vector<int> talk = {1, 2, 3, 4, 0, 5, 6, 7};
constexpr const char* talk_text = "w1 w2 w3 w4 w5 w6 w7";

TEST(Transcribe, HearsATalkOfTheServersWords) {
  Service service;
  RecordingSink recording;
  ASSERT_TRUE(service.hear(marked_audio(talk), recording));
  EXPECT_EQ(contract::final_text(recording.events()), talk_text);
  contract::expect_well_formed(recording.events(), 8s);
  EXPECT_EQ(service.server.connections(), 1);
  EXPECT_TRUE(service.server.complaints().empty());
  EXPECT_EQ(service.server.samples(), std::vector<std::uint64_t>{8 * 16'000});
  EXPECT_THAT(service.server.targets().at(0),
              ::testing::StartsWith("/stream-transcription-websocket?X-Amz-Algorithm="));
  EXPECT_THAT(service.server.targets().at(0),
              ::testing::HasSubstr("&enable-partial-results-stabilization=true&language-code=en-US&"
                                   "media-encoding=pcm&partial-results-stability=medium&"
                                   "sample-rate=16000&X-Amz-Signature="));
}

// A fault at one message of the first connection.
std::function<TranscribeFault(int, bool, int)> once(TranscribeFault fault, bool came, int at,
                                                    std::atomic<bool>* happened = nullptr) {
  return [=](int connection, bool is_coming, int number) {
    if (connection != 0 || is_coming != came || number != at) return TranscribeFault{};
    if (happened) *happened = true;
    return fault;
  };
}

void cut_at_every_message(bool came, Kind kind, int step) {
  for (int at = 0;; at += step) {
    std::atomic<bool> happened = false;
    auto with = server_settings();
    with.words_a_segment = 2;
    with.fault = once({kind}, came, at, &happened);
    auto settings = quick();
    settings.conversation.frame = 200ms;
    Service service(with, settings);
    RecordingSink recording;
    const auto heard = service.hear(marked_audio({1, 2, 3, 0, 4}), recording);
    ASSERT_TRUE(heard) << at << ": " << heard.error().message;
    EXPECT_EQ(contract::final_text(recording.events()), "w1 w2 w3 w4") << "cut at " << at;
    contract::expect_well_formed(recording.events(), 5s);
    EXPECT_TRUE(service.server.complaints().empty());
    if (!happened) return;
    EXPECT_EQ(service.server.connections(), 2) << at;
  }
}

TEST(Transcribe, ACutAtAnyMessageThatItSendsLosesAndRepeatsNoWord) {
  cut_at_every_message(true, Kind::cut, 1);
}

TEST(Transcribe, ACutAtAnyMessageThatComesLosesAndRepeatsNoWord) {
  cut_at_every_message(false, Kind::cut, 1);
}

TEST(Transcribe, BrokenMessagesLoseAndRepeatNoWord) {
  for (const Kind kind :
       {Kind::cut_in_frame, Kind::wrong_crc, Kind::oversized, Kind::garbage, Kind::close})
    cut_at_every_message(false, kind, 3);
}

TEST(Transcribe, ExceptionsThatPassLoseNoWord) {
  for (const char* name : {"LimitExceededException", "ConflictException",
                           "InternalFailureException", "ServiceUnavailableException"}) {
    auto with = server_settings();
    with.fault = once({Kind::exception, name, "because"}, true, 40);
    Service service(with);
    RecordingSink recording;
    ASSERT_TRUE(service.hear(marked_audio(talk), recording)) << name;
    EXPECT_EQ(contract::final_text(recording.events()), talk_text) << name;
  }
}

TEST(Transcribe, ABadRequestEndsTheStream) {
  auto with = server_settings();
  with.fault = once({Kind::exception, "BadRequestException", "no such language"}, true, 0);
  Service service(with);
  RecordingSink recording;
  const auto heard = service.hear(marked_audio(talk), recording);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(heard.error().message, ::testing::HasSubstr("no such language"));
}

TEST(Transcribe, WrongCredentialsEndTheStream) {
  for (const Credentials& wrong : {Credentials{"AKIDEXAMPLE", "another", {}, {}},
                                   Credentials{"AKIDOTHER", "secret/of+a+test", {}, {}}}) {
    Service service(server_settings(), quick(), wrong);
    RecordingSink recording;
    const auto heard = service.hear(marked_audio(talk), recording);
    ASSERT_FALSE(heard);
    EXPECT_EQ(heard.error().code, ErrorCode::permission_denied) << heard.error().message;
    EXPECT_EQ(heard.error().message.find("another"), std::string::npos);
    EXPECT_EQ(service.server.connections(), 1);
  }
}

TEST(Transcribe, AClockThatIsOffIsCorrectedByARefusedUpgrade) {
  for (const auto ahead : {10min, -10min}) {
    auto with = server_settings();
    with.clock_ahead = ahead;
    auto settings = quick();
    settings.conversation.attempts = 1;  // a correction is none
    Service service(with, settings);
    for (int upgrades : {2, 3}) {  // the second stream knows the time
      RecordingSink recording;
      const auto heard = service.hear(marked_audio(talk), recording);
      ASSERT_TRUE(heard) << ahead.count() << " min: " << heard.error().message;
      EXPECT_EQ(contract::final_text(recording.events()), talk_text);
      EXPECT_EQ(service.server.connections(), upgrades);
    }
    const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
    EXPECT_LT(std::chrono::abs(service.client->now() - (now + ahead)), 1min);
  }
}

TEST(Transcribe, AClockIsCorrectedOnceAnAttempt) {
  auto with = server_settings();
  with.clock_ahead = 10min;
  Service service(with, quick(), {"AKIDEXAMPLE", "another", {}, {}});
  RecordingSink recording;
  const auto heard = service.hear(marked_audio(talk), recording);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, ErrorCode::permission_denied) << heard.error().message;
  EXPECT_EQ(service.server.connections(), 2);
}

TEST(Transcribe, ACertificateThatIsNotTrustedIsUnavailable) {
  Service service(server_settings(), distrustful());
  RecordingSink recording;
  const auto heard = service.hear(marked_audio(talk), recording);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, ErrorCode::unavailable);
}

TEST(Transcribe, AServiceThatFallsSilentAtTheEndIsLate) {
  auto with = server_settings();
  with.fault = once({Kind::silence}, true, 30);
  auto settings = quick();
  settings.conversation.last_words = 300ms;
  Service service(with, settings);
  RecordingSink recording;
  const auto heard = service.hear(marked_audio(talk), recording);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, ErrorCode::deadline_exceeded);
}

// The server's 15 s are a second here, and it is given silence for longer.
TEST(Transcribe, KeepsTheStreamThroughAPause) {
  auto with = server_settings();
  with.longest_wait = 1s;
  auto settings = quick();
  settings.conversation.keep_alive = 100ms;
  Service service(with, settings);
  RecordingSink recording;
  auto stream = service.recogniser->open(Language{"en"}, recording.sink()).value();
  const auto speech = marked_audio({1});
  contract::push_all(*stream, speech, recording);
  const auto silence = 15 * static_cast<std::uint64_t>(settings.conversation.frame.count()) * 16;
  EXPECT_TRUE(eventually([&] {
    const auto samples = service.server.samples();
    return !samples.empty() && samples[0] >= speech.size() + silence;
  }));
  contract::push_all(*stream, marked_audio({2, 0}), recording);
  stream->finish();
  recording.wait_for_end();
  EXPECT_TRUE(recording.ends()[0]);
  EXPECT_EQ(service.server.connections(), 1);
  EXPECT_EQ(contract::final_text(recording.events()), "w1 w2");
  contract::expect_well_formed(recording.events(), 3s);
}

TEST(Transcribe, AStreamThatEndedForLackOfAudioIsOpenedAgain) {
  auto with = server_settings();
  with.longest_wait = 200ms;
  Service service(with);
  RecordingSink recording;
  auto stream = service.recogniser->open(Language{"en"}, recording.sink()).value();
  contract::push_all(*stream, marked_audio({1, 0}), recording);
  EXPECT_TRUE(eventually(
      [&] { return service.server.connections() > 0 && service.server.open_connections() == 0; }));
  contract::push_all(*stream, marked_audio({2, 0}), recording);
  stream->finish();
  recording.wait_for_end();
  EXPECT_TRUE(recording.ends()[0]);
  EXPECT_GE(service.server.connections(), 2);
  EXPECT_EQ(contract::final_text(recording.events()), "w1 w2");
}

TEST(Transcribe, RollsOverWithoutLosingAWord) {
  auto settings = quick();
  settings.conversation.roll_over = 1s;
  settings.conversation.catch_up = 4;
  Service service(server_settings(), settings);
  RecordingSink recording;
  ASSERT_TRUE(service.hear(marked_audio({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}), recording));
  EXPECT_GE(service.server.connections(), 2);
  EXPECT_EQ(contract::final_text(recording.events()), "w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12");
  contract::expect_well_formed(recording.events(), 12s);
}

TEST(Transcribe, LimitsItsStreams) {
  auto settings = quick();
  settings.max_streams = 1;
  Service service(server_settings(), settings);
  RecordingSink recording;
  auto first = service.recogniser->open(Language{"en"}, recording.sink());
  ASSERT_TRUE(first);
  const auto second = service.recogniser->open(Language{"en"}, recording.sink());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::resource_exhausted);
  first->reset();
  EXPECT_TRUE(service.recogniser->open(Language{"en"}, recording.sink()));
}

TEST(Transcribe, RefusesSettingsOutOfRange) {
  Service service;
  const auto field_of = [&](auto change) {
    TranscribeSettings settings;
    change(settings);
    const auto made = TranscribeRecogniser::create(service.client, settings);
    return made ? "none" : made.error().field;
  };
  EXPECT_EQ(field_of([](auto& s) { s.stability = "most"; }), "stability");
  EXPECT_EQ(field_of([](auto& s) { s.max_streams = 0; }), "max_streams");
  EXPECT_EQ(field_of([](auto& s) { s.max_queued = 1ms; }), "max_queued");
  EXPECT_EQ(field_of([](auto& s) { s.conversation.frame = 1s; }), "frame");
  EXPECT_EQ(field_of([](auto& s) { s.conversation.keep_alive = 15s; }), "keep_alive");
  EXPECT_EQ(field_of([](auto& s) { s.conversation.roll_over = 4h; }), "roll_over");
  EXPECT_EQ(field_of([](auto& s) { s.ca_file = "/nowhere"; }), "ca_file");
}

}  // namespace
}  // namespace sotto::providers::aws

namespace sotto::contract {

RecogniserSubject transcribe_subject() {
  return {
      .recogniser = std::make_unique<providers::aws::WithItsServer>(),
      .language = Language{"en"},
      .speech = sotto::testing::marked_audio({1, 2, 3, 4, 0}),
      .failing = std::make_unique<providers::aws::WithItsServer>(providers::aws::distrustful())};
}

INSTANTIATE_TEST_SUITE_P(Transcribe, RecogniserContract, ::testing::Values(&transcribe_subject),
                         [](const auto&) { return "Transcribe"; });

}  // namespace sotto::contract

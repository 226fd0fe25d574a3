// A rollout with sessions under way: what operators do to them, and what listeners do, tells
// nothing against the feature.
#include <atomic>

#include "pipeline/session/session_telemetry.hpp"
#include "rollout/bucket.hpp"
#include "tests/support/bell.hpp"
#include "tests/support/failing_sessions.hpp"
#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

using std::chrono::minutes;
using telemetry::Arm;
using telemetry::Counter;
using testing::final_result;
using testing::stable_partial;
using testing::TestFlag;

constexpr milliseconds sentence_takes{5000};

class LiveRollout : public testing::ServerTest {
 protected:
  LiveRollout() {
    pipeline::SessionParts parts = registry->parts();
    parts.timekeeper = [this](boost::asio::any_io_executor) {
      auto made = std::make_unique<pipeline::ManualTimekeeper>();
      clock = made.get();
      return made;
    };
    RegistryConfig config;
    config.now = [] { return TestFlag::now; };
    config.observers = [this](const SessionId& id, const rollout::Evaluation& decision) {
      return pipeline::SessionObservers{pipeline::observe(
          id, decision.canary ? Arm::canary : Arm::control, decision, {&flag.metrics, &log})};
    };
    api.reset();
    registry.emplace(config, parts, [this](std::size_t bound) { return next++ % bound; });
    api.emplace(flag.api_parts(&*registry, &log));
    feature_flag::FlagReaderEvents events;
    events.on_change = [this](const rollout::InForce& in_force, std::function<void()> applied) {
      registry->apply(in_force, TestFlag::now, [applied](std::size_t) { applied(); });
      told = in_force.version;
      bell.ring();
    };
    flag.reader->follow(events);
    start_rollout();
  }
  ~LiveRollout() override { flag.reader->stop(); }

  // Half of all sessions; whatever goes off takes it back.
  void start_rollout() {
    operate("POST", "/v1/rollout/phases/start",
            R"({"plan":{"alarms":{"audio-transcription-latency-high":"step_back",
                                  "audio-transcription-lambda-errors":"step_back",
                                  "audio-transcription-transcribe-fallback":"disable"}}})");
    operate("POST", "/v1/rollout/phases/advance", R"({"force":true,"reason":"a test"})");
    settle();
    flag.monitor.tick(TestFlag::now);
  }
  // What was done to the flag has reached the sessions.
  void settle() {
    const auto version = feature_flag::current_flag(flag.store, flag.name)->revision.version;
    ASSERT_TRUE(bell.wait_until([&] { return told == version; }));
    poll();
  }
  void operate(const std::string& method, const std::string& path, const std::string& body) {
    const Response response = ask(method, path, body, "operator-secret");
    EXPECT_EQ(response.status, 200) << path << " " << response.body;
  }

  // A canary session, beyond the first phase's percentage.
  std::string begin_session() {
    std::string id;
    for (int bucket = -1; bucket < 10 || bucket >= 50; bucket = rollout::bucket_of(id))
      id = "talk-" + std::to_string(names++);
    const Response begun =
        ask("POST", "/v1/sessions", "{\"session_id\":\"" + id + "\"}", "operator-secret");
    EXPECT_EQ(begun.status, 201) << begun.body;
    return id;
  }
  // Somebody who follows a session's captions.
  std::shared_ptr<SocketHandler> listen(const std::string& id, const std::string& language,
                                        const std::string& since = {}) {
    std::map<std::string, std::string> query{{"lang", language}};
    if (!since.empty()) query["since"] = since;
    auto socket = open("/v1/sessions/" + id + "/captions", query);
    translate();
    return socket;
  }
  void translate() {
    for (poll(); !translator.requests.empty(); poll()) translator.answer();
  }
  // A sentence every five seconds, which is translated half a second after its last word.
  void talk(int sentences) {
    for (int i = 0; i < sentences; ++i, ++said) {
      testing::ResultSpec spec{.id = "r" + std::to_string(said),
                               .start = SessionTime{said * sentence_takes}};
      const std::string words = "sentence number " + std::to_string(said);
      const SessionTime spoken = spec.start + milliseconds{900};
      advance(spoken + milliseconds{250});
      recogniser.say(stable_partial(words, spec));
      poll();
      advance(spoken + milliseconds{500});
      recogniser.say(final_result(words + ".", spec));
      translate();
      advance(spec.start + sentence_takes);
    }
  }
  void advance(SessionTime to) {
    while (!clock->advance_to(to)) poll();
    poll();
  }

  // Nothing has gone off after twenty minutes, and the rollout stands where it stood.
  void expect_nothing_held_against_it() {
    for (int minute = 1; minute <= 20; ++minute) {
      flag.monitor.tick(TestFlag::now + minutes{minute});
      ASSERT_TRUE(flag.controller.tick(TestFlag::now + minutes{minute}));
    }
    for (const auto& change : flag.monitor.alarms())
      EXPECT_EQ(change.state, telemetry::AlarmState::ok) << change.rule->name;
    EXPECT_EQ(feature_flag::current_flag(flag.store, flag.name)->flag.rollout_percentage, 50);
  }
  void expect_no_fallback() {
    canary = flag.metrics.snapshot()[static_cast<std::size_t>(Arm::canary)];
    EXPECT_EQ(canary[Counter::transcribe_fallback_triggered], 0u);
    EXPECT_EQ(lines_with("session_fallback"), 0u);
    EXPECT_EQ(lines_with("session_recovered"), 0u);
    EXPECT_EQ(lines_with("the recogniser is silent"), 0u);
    EXPECT_EQ(lines_with("mode_changed"), 1u);
    flag.monitor.tick(TestFlag::now + minutes{6});
    for (const auto& alarm : flag.monitor.alarms())
      EXPECT_TRUE(alarm.state == telemetry::AlarmState::ok ||
                  alarm.rule->name == "audio-transcription-lambda-errors")
          << alarm.rule->name;
  }
  std::size_t lines_with(const std::string& text) const {
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(),
                      [&](const auto& line) { return line.find(text) != std::string::npos; }));
  }
  const QuantileSketch& latencies() {
    canary = flag.metrics.snapshot()[static_cast<std::size_t>(Arm::canary)];
    return canary[telemetry::Histogram::processing_latency];
  }
  // The figures of those who followed, and of nobody else.
  void expect_latencies_of(std::uint64_t captions) {
    EXPECT_EQ(latencies().count(), captions);
    if (captions > 0) {
      EXPECT_LE(latencies().quantile(1), 1000);
    }
    expect_nothing_held_against_it();
  }

  testing::Bell bell;
  std::atomic<std::uint64_t> told{0};  // the version that the sessions were told of
  pipeline::ManualTimekeeper* clock = nullptr;
  telemetry::ArmSnapshot canary;
  int names = 0, said = 0;
};

TEST_F(LiveRollout, AKilledSessionIsNoSilentRecogniser) {
  const std::string id = begin_session();
  const auto listener = listen(id, "es");
  talk(3);
  operate("POST", "/v1/rollout/disable", R"({"reason":"the names are wrong"})");
  settle();
  talk(3);
  EXPECT_EQ(registry->find(id)->session->status().mode, engine::Mode::final_only);
  expect_no_fallback();
}

TEST_F(LiveRollout, AnOverrideToOffIsNoSilentRecogniser) {
  const std::string id = begin_session();
  const auto listener = listen(id, "es");
  talk(3);
  operate("PUT", "/v1/rollout/overrides/" + id, R"({"enabled":false,"seconds":3600})");
  settle();
  talk(3);
  EXPECT_EQ(registry->find(id)->session->status().mode, engine::Mode::final_only);
  expect_no_fallback();
}

TEST_F(LiveRollout, ARolloutThatStepsBackFindsNoSilentRecogniser) {
  const std::string id = begin_session();
  const auto listener = listen(id, "es");
  talk(3);
  testing::count_failing_sessions(flag.metrics, 10);
  flag.monitor.tick(TestFlag::now + minutes{5});
  ASSERT_TRUE(flag.controller.tick(TestFlag::now + minutes{5}));
  settle();
  talk(3);
  EXPECT_EQ(registry->find(id)->session->status().mode, engine::Mode::final_only);
  expect_no_fallback();
}

TEST_F(LiveRollout, WhoComesLateCatchesUpAndThatIsNoLatency) {
  const std::string id = begin_session();
  const auto first = listen(id, "es");
  talk(8);
  const auto late = listen(id, "ca");
  EXPECT_EQ(client->received.size(), 2u + 8) << "the state, its id, and what was said";
  expect_latencies_of(8);
}

TEST_F(LiveRollout, WhatNobodyFollowedIsNoLatencyForWhoComesLate) {
  const std::string id = begin_session();
  talk(8);
  const auto late = listen(id, "es");
  expect_latencies_of(0);
  talk(2);
  expect_latencies_of(2);
}

TEST_F(LiveRollout, ASwitchOfLanguageIsNoLatency) {
  const std::string id = begin_session();
  const auto listener = listen(id, "es");
  talk(8);
  listener->on_text(R"({"type":"language","lang":"ca"})");
  translate();
  talk(1);
  listener->on_text(R"({"type":"language","lang":"es"})");
  translate();
  expect_latencies_of(9);
}

TEST_F(LiveRollout, ComingBackWithSinceIsNoLatency) {
  const std::string id = begin_session();
  auto listener = listen(id, "es");
  talk(2);
  listener->on_closed();
  poll();
  talk(6);
  listener = listen(id, "es", "2");
  expect_latencies_of(2);
  talk(1);
  expect_latencies_of(3);
}

TEST_F(LiveRollout, ATranscriptThatIsAskedForLaterIsNoLatency) {
  const std::string id = begin_session();
  auto listener = listen(id, "es");
  talk(8);
  translator.at_once = true;
  const Response transcript =
      ask("GET", "/v1/sessions/" + id + "/captions.vtt", {}, {}, {{"lang", "ca"}});
  EXPECT_EQ(transcript.status, 200);
  EXPECT_NE(transcript.body.find("ca sentence number 7."), std::string::npos) << transcript.body;
  expect_latencies_of(8);
}

}  // namespace
}  // namespace sotto::server

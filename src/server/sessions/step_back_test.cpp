// A rollout that is taken back, as the talks that go on see it.
#include <atomic>

#include "rollout/bucket.hpp"
#include "tests/support/bell.hpp"
#include "tests/support/failing_sessions.hpp"
#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

using std::chrono::minutes;
using testing::TestFlag;

// The sessions that were decided on again, in that order.
class OrderedStore : public testing::MemorySessionStore {
 public:
  Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                  std::uint64_t version) override {
    decided.push_back(id.str());
    return MemorySessionStore::decide(id, partial_results, reason, version);
  }
  std::vector<std::string> decided;
};

struct ModeObserver : pipeline::SessionObserver {
  ModeObserver(SessionId of, std::vector<std::string>* to) : id(std::move(of)), moved(to) {}
  void on_mode(engine::Mode mode, SessionTime) override {
    EXPECT_EQ(mode, engine::Mode::final_only);
    moved->push_back(id.str());
  }
  const SessionId id;
  std::vector<std::string>* const moved;
};

class StepBackTest : public testing::ServerTest {
 protected:
  StepBackTest() { serve(); }
  ~StepBackTest() override { flag.reader->stop(); }

  // A process with what the store has.
  void serve() {
    pipeline::SessionParts parts = registry->parts();
    parts.store = &ordered;
    RegistryConfig config;
    config.now = [this] { return clock; };
    config.observers = [this](const SessionId& id, const rollout::Evaluation&) {
      return pipeline::SessionObservers{std::make_shared<ModeObserver>(id, &moved)};
    };
    api.reset();
    registry.emplace(config, parts, [this](std::size_t bound) { return next++ % bound; });
    api.emplace(flag.api_parts(&*registry, &log));
  }

  void follow() {
    feature_flag::FlagReaderEvents events;
    events.on_change = [this](const rollout::InForce& in_force, std::function<void()> applied) {
      registry->apply(in_force, clock, [applied](std::size_t) { applied(); });
      told = in_force.version;
      bell.ring();
    };
    flag.reader->follow(events);
  }
  // What was done to the flag has reached the sessions.
  void settle() {
    const auto version = feature_flag::current_flag(flag.store, flag.name)->revision.version;
    ASSERT_TRUE(bell.wait_until([&] { return told == version; }));
    poll();
  }

  Response operate(const std::string& method, const std::string& path, const std::string& body) {
    return ask(method, path, body, "operator-secret");
  }

  // A session whose bucket is from `least` to below `beyond`, a minute after the one before.
  std::string begin_in(int least, int beyond) {
    std::string id;
    for (int bucket = -1; bucket < least || bucket >= beyond; bucket = rollout::bucket_of(id))
      id = "talk-" + std::to_string(names++);
    clock += minutes{1};
    const Response begun = operate("POST", "/v1/sessions", "{\"session_id\":\"" + id + "\"}");
    EXPECT_EQ(begun.status, 201) << begun.body;
    return id;
  }
  std::string reason_of(const std::string& id) {
    const auto shown = boost::json::parse(ask("GET", "/v1/sessions/" + id).body).as_object();
    return std::string(shown.at("partial_results").at("reason").as_string());
  }
  engine::Mode mode_of(const std::string& id) { return registry->find(id)->session->status().mode; }

  // A plan whose alarm for errors takes it back, in its second phase, half of all sessions.
  void reach_half() {
    const Response started = operate("POST", "/v1/rollout/phases/start",
                                     R"({"plan":{"alarms":{"audio-transcription-lambda-errors":
                                         "step_back"}}})");
    ASSERT_EQ(started.status, 200) << started.body;
    ASSERT_EQ(
        operate("POST", "/v1/rollout/phases/advance", R"({"force":true,"reason":"a test"})").status,
        200);
    settle();
  }
  void take_back() {
    flag.monitor.tick(TestFlag::now);
    testing::count_failing_sessions(flag.metrics, 10);
    flag.monitor.tick(TestFlag::now + minutes{5});
    const auto done = flag.controller.tick(TestFlag::now + minutes{5});
    ASSERT_TRUE(done && *done && (*done)->event);
    EXPECT_EQ((*done)->event->kind, rollout::EventKind::stepped_back);
  }

  testing::Bell bell;
  std::atomic<std::uint64_t> told{0};  // the version that the sessions were told of
  OrderedStore ordered;
  UtcTime clock = TestFlag::now;
  int names = 0;
  std::vector<std::string> moved;  // to finals, in that order
};

TEST_F(StepBackTest, MovesThoseBeyondThePercentageNewestFirstAndNobodyElse) {
  follow();
  reach_half();
  const std::string first = begin_in(10, 50), canary = begin_in(0, 10), second = begin_in(10, 50),
                    control = begin_in(50, 100), third = begin_in(10, 50);
  for (const std::string& id : {first, second, third, canary}) EXPECT_EQ(reason_of(id), "rollout");
  const std::string chosen = begin_in(10, 50);
  ASSERT_EQ(operate("PUT", "/v1/rollout/overrides/" + chosen, R"({"enabled":true,"seconds":3600})")
                .status,
            200);
  settle();
  EXPECT_TRUE(moved.empty());

  take_back();
  settle();
  EXPECT_EQ(moved, (std::vector<std::string>{third, second, first}));
  EXPECT_EQ(ordered.decided, moved);
  for (const std::string& id : moved) {
    EXPECT_EQ(reason_of(id), "stepped_back");
    EXPECT_EQ(mode_of(id), engine::Mode::final_only);
    EXPECT_TRUE(registry->find(id)->canary) << "its arm stays";
  }
  EXPECT_EQ(reason_of(canary), "rollout");
  EXPECT_EQ(mode_of(canary), engine::Mode::partial);
  EXPECT_EQ(reason_of(chosen), "rollout") << "a person has said yes to it";
  EXPECT_EQ(mode_of(chosen), engine::Mode::partial);
  EXPECT_EQ(reason_of(control), "outside_rollout");
  EXPECT_EQ(reason_of(begin_in(10, 50)), "outside_rollout") << "new ones are decided as ever";
}

TEST_F(StepBackTest, IsForGood) {
  follow();
  reach_half();
  const std::string gone = begin_in(10, 50), kept = begin_in(0, 10);
  take_back();
  settle();
  EXPECT_EQ(moved, std::vector<std::string>{gone});
  flag.set_percentage(100);
  settle();
  EXPECT_EQ(reason_of(gone), "stepped_back") << "a larger percentage brings nobody back";

  flag.reader->stop();
  serve();
  EXPECT_EQ(*registry->restore(start), 2u);
  EXPECT_EQ(mode_of(gone), engine::Mode::final_only);
  EXPECT_EQ(reason_of(gone), "stepped_back");
  EXPECT_EQ(mode_of(kept), engine::Mode::partial);
}

TEST_F(StepBackTest, FromTheFirstPhaseEverybodyLeaves) {
  follow();
  ASSERT_EQ(operate("POST", "/v1/rollout/phases/start",
                    R"({"plan":{"alarms":{"audio-transcription-lambda-errors":"step_back"}}})")
                .status,
            200);
  settle();
  const std::string first = begin_in(0, 10), second = begin_in(0, 10);
  take_back();
  settle();
  EXPECT_EQ(moved, (std::vector<std::string>{second, first}));
  EXPECT_EQ(feature_flag::current_flag(flag.store, flag.name)->flag.rollout_percentage, 0);
}

TEST_F(StepBackTest, ASmallerPercentageByHandMovesNobody) {
  follow();
  reach_half();
  const std::string id = begin_in(10, 50);
  flag.set_percentage(10);
  settle();
  EXPECT_TRUE(moved.empty());
  EXPECT_EQ(reason_of(id), "rollout");
}

}  // namespace
}  // namespace sotto::server

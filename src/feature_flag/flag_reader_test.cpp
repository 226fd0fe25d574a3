#include "feature_flag/flag_reader.hpp"

#include <atomic>

#include "tests/support/bell.hpp"
#include "tests/support/flag_change.hpp"
#include "tests/support/memory_flag_store.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::feature_flag {
namespace {

using testing::Bell;
using testing::change;

const std::string flag(rollout::default_parameter_name);

std::string at(int percentage, bool enabled = true) {
  return std::string("{\"enabled\":") + (enabled ? "true" : "false") +
         ",\"rollout_percentage\":" + std::to_string(percentage) + "}";
}

class FlagReaderTest : public ::testing::Test {
 protected:
  std::unique_ptr<FlagReader> make(std::chrono::seconds ttl = std::chrono::hours(1)) {
    FlagReaderConfig config;
    config.environment.cache_ttl = ttl;
    config.last_good = folder.path() / "last-good.json";
    config.process = "here pid 1";
    return std::make_unique<FlagReader>(
        config,
        FlagReaderParts{&store, [] { return UtcTime{milliseconds{7}}; }, [] { return 0.5; }});
  }

  FlagReaderEvents events() {
    FlagReaderEvents events;
    events.on_change = [this](const rollout::InForce& in_force, std::function<void()> applied) {
      percentage = in_force.flag.rollout_percentage;
      applied();
      bell.ring();
    };
    events.on_problem = [this](const Error&) {
      ++problems;
      bell.ring();
    };
    events.on_recovered = [this] {
      ++recovered;
      bell.ring();
    };
    return events;
  }

  testing::TemporaryFolder folder;
  testing::MemoryFlagStore store;
  Bell bell;
  std::atomic<int> percentage{-1}, problems{0}, recovered{0};
};

TEST_F(FlagReaderTest, IsToldOfChangesAndAcknowledgesThem) {
  ASSERT_TRUE(store.write(flag, 0, change(at(10))));
  const auto reader = make();
  EXPECT_EQ(reader->current()->version, 1u) << "before it follows";
  reader->follow(events());
  const auto watch = store.watch(flag, [this] { bell.ring(); });
  ASSERT_TRUE(store.write(flag, 1, change(at(50))));
  EXPECT_TRUE(bell.wait_until([&] { return percentage == 50; }));
  EXPECT_TRUE(bell.wait_until([&] {
    const auto readers = store.readers(flag);
    return readers->size() == 1 && readers->front().version == 2;
  }));
  EXPECT_EQ(store.readers(flag)->front().process, "here pid 1");
  EXPECT_EQ(store.readers(flag)->front().at, UtcTime{milliseconds{7}});
}

TEST_F(FlagReaderTest, AStoreThatHangsHoldsUpNobody) {
  ASSERT_TRUE(store.write(flag, 0, change(at(100))));
  const auto reader = make();
  reader->follow(events());
  ASSERT_TRUE(bell.wait_until([&] { return percentage == 100; }));
  store.hold(true);
  const int before = store.reads();
  reader->refresh();
  ASSERT_TRUE(store.await_reads(before + 1));
  for (int i = 0; i < 100; ++i) {
    reader->refresh();
    EXPECT_TRUE(reader->decide("golden-eagle-427").enabled);
  }
  EXPECT_EQ(store.reads(), before + 1) << "one refresh at a time";
  store.hold(false);
}

TEST_F(FlagReaderTest, AValueThatIsTooOldIsReadAnew) {
  store.set_pushes(false);
  ASSERT_TRUE(store.write(flag, 0, change(at(10))));
  const auto reader = make(std::chrono::seconds{0});
  reader->follow(events());
  ASSERT_TRUE(store.write(flag, 1, change(at(50))));
  EXPECT_TRUE(bell.wait_until([&] { return percentage == 50; }));
}

TEST_F(FlagReaderTest, AsksAsOftenAsAStoreThatCannotTellWantsIt) {
  store.set_pushes(false);
  ports::FlagFollowing following;
  following.poll = milliseconds{1};
  store.set_following(following);
  ASSERT_TRUE(store.write(flag, 0, change(at(10))));
  const auto reader = make(std::chrono::hours(1));
  reader->follow(events());
  ASSERT_TRUE(bell.wait_until([&] { return percentage == 10; }));
  ASSERT_TRUE(store.write(flag, 1, change(at(50))));
  EXPECT_TRUE(bell.wait_until([&] { return percentage == 50; }));
}

TEST_F(FlagReaderTest, RenewsItsSeatAndSaysOnceThatItHasNone) {
  ports::FlagFollowing following;
  following.renew = milliseconds{1};
  store.set_following(following);
  store.break_seats(Error{ErrorCode::unavailable, "throttled", ""});
  ASSERT_TRUE(store.write(flag, 0, change(at(10))));
  const auto reader = make();
  FlagReaderEvents told = events();
  std::atomic<int> asked{0};
  told.live_sessions = [&] { return static_cast<std::uint64_t>(++asked); };
  reader->follow(told);
  ASSERT_TRUE(bell.wait_until([&] { return problems == 1 && percentage == 10; }));
  EXPECT_TRUE(store.readers(flag)->empty());
  const auto watch = store.watch(flag, [this] { bell.ring(); });
  store.break_seats(std::nullopt);
  EXPECT_TRUE(bell.wait_until([&] {
    const auto readers = store.readers(flag);
    return readers->size() == 1 && readers->front().version == 1 &&
           readers->front().sessions.value_or(0) >= 2;
  })) << "signed in later, with what it had acknowledged, and renewed";
  EXPECT_EQ(problems, 1) << "nobody is told again and again";
}

TEST_F(FlagReaderTest, ReadsNoMoreOftenThanItMust) {
  ASSERT_TRUE(store.write(flag, 0, change(at(10))));
  const auto reader = make();
  reader->follow(events());
  ASSERT_TRUE(bell.wait_until([&] { return percentage == 10; }));
  ASSERT_TRUE(store.await_reads(2));
  for (int i = 0; i < 1000; ++i) reader->decide("golden-eagle-427");
  EXPECT_LE(store.reads(), 4) << "at the start, when it was watched, and for its acknowledgement";
}

TEST_F(FlagReaderTest, SaysThatTheStoreFailsAndThatItWorksAgain) {
  ASSERT_TRUE(store.write(flag, 0, change(at(10))));
  const auto reader = make();
  reader->follow(events());
  ASSERT_TRUE(bell.wait_until([&] { return percentage == 10; }));
  store.remove_all();
  ASSERT_TRUE(bell.wait_until([&] { return problems == 1; })) << "deleted while running";
  EXPECT_EQ(reader->current()->flag.rollout_percentage, 10);
  ASSERT_TRUE(store.write(flag, 0, change(at(20))));
  ASSERT_TRUE(bell.wait_until([&] { return percentage == 20 && recovered == 1; }));
}

TEST_F(FlagReaderTest, StartsFromTheLastGoodValueWhereTheStoreIsDown) {
  ASSERT_TRUE(store.write(flag, 0, change(at(40, false))));
  { const auto reader = make(); }
  store.break_with(Error{ErrorCode::unavailable, "down", "store"});
  const auto reader = make();
  EXPECT_EQ(reader->current()->source, rollout::Source::last_good);
  EXPECT_FALSE(reader->current()->flag.enabled) << "a kill survives a restart";
  reader->follow(events());
  EXPECT_TRUE(bell.wait_until([&] { return problems == 1 && percentage == 40; }));
}

// What a session gets is one version's, never half of one and half of another.
TEST_F(FlagReaderTest, NoValueIsTornWhileTheFlagChanges) {
  constexpr int changes = 1000, evaluations = 500'000;
  const auto document = [](int number) {
    // percentage, threshold and timeout say the same number
    return "{\"enabled\":true,\"rollout_percentage\":" + std::to_string(number % 101) +
           ",\"min_stability_threshold\":" + std::to_string(0.70 + number % 101 * 0.0025) +
           ",\"max_buffer_timeout\":" + std::to_string(2 + number % 101 * 0.05) + "}";
  };
  ASSERT_TRUE(store.write(flag, 0, change(document(0))));
  const auto reader = make();
  reader->follow(events());
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < evaluations; ++i) {
        const auto decision = reader->decide("golden-eagle-427");
        const int number = decision.rollout_percentage;
        if (std::abs(decision.min_stability_threshold - (0.70 + number * 0.0025)) > 1e-9 ||
            decision.max_buffer_timeout != milliseconds{2000 + number * 50} ||
            decision.enabled != (decision.bucket < number))
          ++torn;
      }
    });
  for (int i = 0; i < changes; ++i)
    ASSERT_TRUE(store.write(flag, static_cast<std::uint64_t>(i) + 1, change(document(i + 1))));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn, 0);
  EXPECT_TRUE(bell.wait_until([&] { return reader->current()->version == changes + 1; }));
}

TEST(Jitter, IsATenthEitherWay) {
  using std::chrono::seconds;
  EXPECT_EQ(jittered(seconds{60}, 0), seconds{54});
  EXPECT_EQ(jittered(seconds{60}, 0.5), seconds{60});
  EXPECT_EQ(jittered(seconds{60}, 1), seconds{66});
}

}  // namespace
}  // namespace sotto::feature_flag

#include "providers/moonshine/call_watch.hpp"

#include "tests/support/fake_onnx_runtime.hpp"

namespace sotto::providers::moonshine {
namespace {

using Clock = CallWatch::Clock;
using testing::FakeRun;

class CallWatchTest : public ::testing::Test {
 protected:
  onnx::Cancellation call() { return onnx::Cancellation::create(runtime_).value(); }

  static FakeRun& run_of(const onnx::Cancellation& call) {
    return *reinterpret_cast<FakeRun*>(const_cast<onnx::RunOptions*>(call.get()));
  }

  const std::shared_ptr<onnx::Runtime> runtime_ = onnx::Runtime::load(FAKE_ONNX_RUNTIME).value();
};

TEST_F(CallWatchTest, ADeadlineInThePastEndsTheCallAtOnce) {
  CallWatch watch;
  auto late = call();
  const CallWatch::Watched watched(watch, late, Clock::now() - std::chrono::hours(1));
  EXPECT_TRUE(run_of(late).wait_until_terminated());
}

TEST_F(CallWatchTest, ACallIsEndedOnce) {
  CallWatch watch;
  auto late = call(), next = call();
  const CallWatch::Watched first(watch, late, Clock::now());
  EXPECT_TRUE(run_of(late).wait_until_terminated());
  const CallWatch::Watched second(watch, next, Clock::now());
  EXPECT_TRUE(run_of(next).wait_until_terminated());
  EXPECT_EQ(run_of(late).terminated(), 1);
}

TEST_F(CallWatchTest, ACallThatEndsInTimeIsLeftAlone) {
  CallWatch watch;
  auto in_time = call(), late = call(), long_one = call();
  const CallWatch::Watched open(watch, long_one, Clock::now() + std::chrono::hours(1));
  { const CallWatch::Watched watched(watch, in_time, Clock::now() + std::chrono::minutes(10)); }
  // The watch has looked through its list when it has ended this one.
  const CallWatch::Watched watched(watch, late, Clock::now());
  EXPECT_TRUE(run_of(late).wait_until_terminated());
  EXPECT_EQ(run_of(in_time).terminated(), 0);
  EXPECT_EQ(run_of(long_one).terminated(), 0);
}

TEST_F(CallWatchTest, ManyCallsComeAndGo) {
  CallWatch watch;
  std::vector<std::thread> callers;
  std::atomic<int> ended = 0;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&, i] {
      for (int n = 0; n < 100; ++n) {
        auto mine = call();
        const bool is_late = (n + i) % 3 == 0;
        const CallWatch::Watched watched(
            watch, mine, Clock::now() + (is_late ? std::chrono::hours(0) : std::chrono::hours(1)));
        if (is_late && run_of(mine).wait_until_terminated()) ++ended;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(ended, 4 * 100 / 3 + 1);
}

TEST_F(CallWatchTest, EndsWithoutCalls) { CallWatch(); }

}  // namespace
}  // namespace sotto::providers::moonshine

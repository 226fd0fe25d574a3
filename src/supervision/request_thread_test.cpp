#include "supervision/request_thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <mutex>
#include <vector>

#include "tests/support/bell.hpp"

namespace sotto::supervision {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// Serves numbers by noting them; those that are open at the end as negative ones.
class Server {
 public:
  explicit Server(std::size_t max_queued) : requests_(max_queued) {}
  ~Server() { requests_.join(); }

  std::optional<Refusal> submit(int number) {
    auto refused = requests_.submit(number, [this] { run(); });
    if (!refused) return std::nullopt;
    EXPECT_EQ(refused->request, number);
    return refused->reason;
  }

  RequestThread<int>& requests() { return requests_; }

  std::vector<int> served() const {
    const std::lock_guard lock(mutex_);
    return served_;
  }

  bool has_served(std::size_t count) {
    return bell_.wait_until([&] { return served().size() >= count; });
  }

  /// Holds the thread up between requests.
  std::mutex gate;

 private:
  void run() {
    while (const auto number = requests_.next()) {
      note(*number);
      const std::lock_guard wait(gate);
    }
    while (const auto number = requests_.take_open()) note(-*number);
  }

  void note(int number) {
    {
      const std::lock_guard lock(mutex_);
      served_.push_back(number);
    }
    bell_.ring();
  }

  RequestThread<int> requests_;
  testing::Bell bell_;
  mutable std::mutex mutex_;
  std::vector<int> served_;
};

TEST(RequestThread, ServesInOrderAndWakesUp) {
  Server server(10);
  EXPECT_FALSE(server.submit(1));
  EXPECT_FALSE(server.submit(2));
  ASSERT_TRUE(server.has_served(2));
  EXPECT_FALSE(server.submit(3));
  ASSERT_TRUE(server.has_served(3));
  EXPECT_THAT(server.served(), ElementsAre(1, 2, 3));
}

TEST(RequestThread, HandsBackWhatDoesNotFitAndLeavesTheRestToTheEnd) {
  Server server(2);
  {
    const std::lock_guard held(server.gate);
    EXPECT_FALSE(server.submit(1));
    ASSERT_TRUE(server.has_served(1));
    EXPECT_FALSE(server.submit(2));
    EXPECT_FALSE(server.submit(3));
    EXPECT_EQ(server.submit(4), Refusal::full);
    EXPECT_FALSE(server.requests().stop_seen_within(0ms));
    server.requests().request_stop();
    EXPECT_TRUE(server.requests().stop_seen_within(0ms));
    EXPECT_EQ(server.submit(5), Refusal::stopped);
  }
  server.requests().join();
  EXPECT_THAT(server.served(), ElementsAre(1, -2, -3));
}

TEST(RequestThread, WithoutARequestThereIsNoThreadToEnd) {
  const Server server(1);
  EXPECT_TRUE(server.served().empty());
}

TEST(RequestThread, RefusalsSayWhatToDo) {
  const Error full = refusal_error(Refusal::full, 64, "the engine");
  EXPECT_EQ(full.code, ErrorCode::resource_exhausted);
  EXPECT_EQ(full.message, "64 texts are waiting for the engine already; send fewer, or later");
  EXPECT_EQ(refusal_error(Refusal::no_thread, 64, "it").code, ErrorCode::resource_exhausted);
  EXPECT_EQ(refusal_error(Refusal::stopped, 64, "it").code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace sotto::supervision

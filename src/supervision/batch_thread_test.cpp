#include "supervision/batch_thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>

#include "tests/support/bell.hpp"

namespace sotto::supervision {
namespace {

using ::testing::ElementsAre;

/// A thread that notes its batches and stands still in the first until it may go on.
class Writer {
 public:
  explicit Writer(std::size_t most) : thread_(most, [this](auto batch) { write(batch); }) {}
  ~Writer() { let_go(); }

  BatchThread<int>& thread() { return thread_; }

  /// Queues 0, and waits until it alone is worked on.
  void hold() {
    thread_.push(0);
    began_.wait();
  }

  void let_go() {
    if (!std::exchange(free_, true)) go_on_.count_down();
  }

  bool has_written(std::size_t batches) {
    return bell_.wait_until([&] {
      const std::lock_guard lock(mutex_);
      return batches_.size() >= batches;
    });
  }

  std::vector<std::vector<int>> batches() {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  void write(std::vector<int> batch) {
    if (batch.front() == 0) {
      began_.count_down();
      go_on_.wait();
    }
    {
      const std::lock_guard lock(mutex_);
      batches_.push_back(std::move(batch));
    }
    bell_.ring();
  }

  std::latch began_{1}, go_on_{1};
  bool free_ = false;
  testing::Bell bell_;
  std::mutex mutex_;
  std::vector<std::vector<int>> batches_;
  BatchThread<int> thread_;  // last: it uses the rest
};

TEST(BatchThread, TakesAllThatWaitsAtOnceAndInOrder) {
  Writer writer(10);
  writer.hold();
  EXPECT_EQ(writer.thread().try_push(1), std::nullopt);
  writer.thread().push(2);
  EXPECT_EQ(writer.thread().try_push(3), std::nullopt);
  writer.let_go();
  ASSERT_TRUE(writer.has_written(2));
  EXPECT_THAT(writer.batches(), ElementsAre(ElementsAre(0), ElementsAre(1, 2, 3)));
}

TEST(BatchThread, HandsBackWhatIsTooMuch) {
  Writer writer(2);
  writer.hold();
  EXPECT_EQ(writer.thread().try_push(1), std::nullopt);
  EXPECT_EQ(writer.thread().try_push(2), std::nullopt);
  EXPECT_EQ(writer.thread().try_push(3), 3);
  writer.thread().push(4);  // is not bounded
  writer.let_go();
  ASSERT_TRUE(writer.has_written(2));
  EXPECT_THAT(writer.batches(), ElementsAre(ElementsAre(0), ElementsAre(1, 2, 4)));
}

TEST(BatchThread, WhatIsWorkedOnCountsUntilItIsDone) {
  std::latch began{1}, go_on{1};
  BatchThread<int> thread(1, [&](const std::vector<int>& batch) {
    if (batch.front() != 1) return;
    began.count_down();
    go_on.wait();
  });
  EXPECT_EQ(thread.try_push(1), std::nullopt);
  began.wait();
  EXPECT_EQ(thread.try_push(2), 2);
  go_on.count_down();
  testing::Bell never_rung;
  EXPECT_TRUE(never_rung.wait_until([&] { return !thread.try_push(3); }));
}

TEST(BatchThread, StoppedItFirstWorksOnAllThatWaits) {
  Writer writer(10);
  writer.hold();
  EXPECT_EQ(writer.thread().try_push(1), std::nullopt);
  writer.let_go();
  writer.thread().stop();
  EXPECT_THAT(writer.batches(), ElementsAre(ElementsAre(0), ElementsAre(1)));
}

TEST(BatchThread, TakesJobsFromWithinTheWork) {
  BatchThread<int>* self = nullptr;
  std::latch told{1}, done{1};
  BatchThread<int> thread(1, [&](const std::vector<int>& batch) {
    told.wait();
    if (batch.front() == 2) return done.count_down();
    EXPECT_EQ(self->try_push(5), 5);
    self->push(2);
  });
  self = &thread;
  told.count_down();
  EXPECT_EQ(thread.try_push(1), std::nullopt);
  done.wait();
}

}  // namespace
}  // namespace sotto::supervision

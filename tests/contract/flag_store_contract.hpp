#pragma once

// What every flag store must do, whatever it stores in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ports/flag_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/support/bell.hpp"
#include "tests/support/flag_change.hpp"

namespace sotto::contract {

using testing::Bell;
using testing::change;

struct FlagStoreMaker : StoreMaker<ports::FlagStore> {
  bool atomic = true;  ///< no version of a writer who was too late is ever seen
};

class FlagStoreContract : public StoreContract<FlagStoreMaker> {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (!IsSkipped()) store = make();
  }

  std::unique_ptr<ports::FlagStore> make() const { return GetParam().make(folder); }

  std::unique_ptr<ports::FlagStore> store;
  const std::string flag = "/audio-transcription/partial-results/config";
  const std::string other = "/audio-transcription/dev/partial-results/config";
};

TEST_P(FlagStoreContract, IsEmptyAtFirstAndReadingMakesNothing) {
  EXPECT_EQ(*store->read(flag), std::nullopt);
  EXPECT_TRUE(store->history(flag, 10)->empty());
  EXPECT_TRUE(store->readers(flag)->empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_P(FlagStoreContract, KeepsWhatWasWrittenByWhomWhenAndWhy) {
  const auto written =
      store->write(flag, 0, change("{\"enabled\":true}", "ada", "first \"try\"\n"));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->version, 1u);
  const auto read = make()->read(flag);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(**read, *written);
  EXPECT_EQ((*read)->document, "{\"enabled\":true}");
  EXPECT_EQ((*read)->changed_by, "ada");
  EXPECT_EQ((*read)->reason, "first \"try\"\n");
  EXPECT_EQ((*read)->changed_at, UtcTime{milliseconds{1'764'000'000'123}});
}

TEST_P(FlagStoreContract, RefusesToOverwriteAVersionThatTheWriterHasNotSeen) {
  ASSERT_TRUE(store->write(flag, 0, change("1")));
  ASSERT_TRUE(store->write(flag, 1, change("2", "grace", "faster")));
  for (const std::uint64_t stale : {0u, 1u, 3u}) {
    const auto refused = store->write(flag, stale, change("x"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_NE(refused.error().message.find("grace"), std::string::npos) << refused.error().message;
  }
  EXPECT_EQ((*store->read(flag))->document, "2");
  EXPECT_EQ(store->history(flag, 10)->size(), 2u);
}

TEST_P(FlagStoreContract, HistoryIsNewestFirst) {
  for (std::uint64_t i = 0; i < 5; ++i)
    ASSERT_TRUE(store->write(flag, i, change(std::to_string(i + 1))));
  const auto history = make()->history(flag, 3);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 3u);
  EXPECT_EQ((*history)[0].document, "5");
  EXPECT_EQ((*history)[0].version, 5u);
  EXPECT_EQ((*history)[2].document, "3");
}

TEST_P(FlagStoreContract, FlagsAreApart) {
  ASSERT_TRUE(store->write(flag, 0, change("production")));
  ASSERT_TRUE(store->write(other, 0, change("dev")));
  EXPECT_EQ((*store->read(flag))->document, "production");
  EXPECT_EQ((*store->read(other))->document, "dev");
  EXPECT_EQ(store->history(other, 10)->size(), 1u);
}

TEST_P(FlagStoreContract, OfManyWritersAtOnceEachVersionHasOne) {
  if (!GetParam().atomic) GTEST_SKIP() << "this store puts back what was overwritten";
  constexpr int writers = 4, writes = 15;
  std::atomic<int> conflicts{0}, failures{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&, writer] {
      const auto mine = make();
      for (int done = 0; done < writes;) {
        const auto current = mine->read(flag);
        if (!current) {
          ++failures;
          return;
        }
        const std::uint64_t seen = *current ? (*current)->version : 0;
        const auto written =
            mine->write(flag, seen, change(std::to_string(writer) + "-" + std::to_string(done)));
        if (written) {
          ++done;
        } else if (written.error().code == ErrorCode::conflict) {
          ++conflicts;
        } else {
          ADD_FAILURE() << written.error().message;
          ++failures;
          return;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(failures, 0);
  const auto history = store->history(flag, 1000);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), static_cast<std::size_t>(writers * writes)) << "nothing is lost";
  std::vector<int> next(writers);
  for (auto it = history->rbegin(); it != history->rend(); ++it) {
    EXPECT_EQ(it->version, static_cast<std::uint64_t>(it - history->rbegin()) + 1);
    const std::size_t writer = std::stoul(it->document);
    EXPECT_EQ(it->document, std::to_string(writer) + "-" + std::to_string(next[writer]++));
  }
}

TEST_P(FlagStoreContract, AnotherProcesssChangeIsSeenWithoutLookingForIt) {
  Bell bell;
  const auto watch = store->watch(flag, [&] { bell.ring(); });
  ASSERT_TRUE(watch) << watch.error().message;
  if (!*watch) GTEST_SKIP() << "this store cannot tell";
  EXPECT_TRUE((*watch)->alive());
  const auto elsewhere = make();
  for (std::uint64_t version = 1; version <= 3; ++version) {
    ASSERT_TRUE(elsewhere->write(flag, version - 1, change(std::to_string(version))));
    EXPECT_TRUE(bell.wait_until([&] {
      const auto read = store->read(flag);
      return read && *read && (*read)->version == version;
    })) << version;
  }
}

TEST_P(FlagStoreContract, KnowsItsReadersAndWhatTheyActBy) {
  Bell bell;
  const auto watch = store->watch(flag, [&] { bell.ring(); });
  ASSERT_TRUE(watch);
  auto here = store->join(flag, "hall-a pid 1");
  ASSERT_TRUE(here) << here.error().message;
  if (!*here) GTEST_SKIP() << "this store keeps no list of readers";
  EXPECT_FALSE(make()->join(flag, "hall-a pid 1")) << "a name is one process's";
  auto there = make()->join(flag, "hall-b pid 2");
  auto dev = make()->join(other, "hall-c pid 3");
  ASSERT_TRUE(there && dev);
  const UtcTime at{milliseconds{5'000}};
  ASSERT_TRUE((*here)->acknowledge(7, at));
  ASSERT_TRUE(bell.wait_until([&] { return make()->readers(flag)->front().version == 7; }));
  const auto readers = make()->readers(flag);
  ASSERT_TRUE(readers);
  ASSERT_EQ(readers->size(), 2u);
  EXPECT_EQ((*readers)[0].process, "hall-a pid 1");
  EXPECT_EQ((*readers)[0].at, at);
  EXPECT_EQ((*readers)[1].process, "hall-b pid 2");
  EXPECT_EQ((*readers)[1].version, 0u);
  here->reset();
  EXPECT_EQ(make()->readers(flag)->size(), 1u) << "whoever leaves is gone";
}

}  // namespace sotto::contract

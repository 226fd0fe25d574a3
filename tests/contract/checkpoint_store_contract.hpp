#pragma once

// What every checkpoint store must do, whatever it stores in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "ports/checkpoint_store.hpp"
#include "tests/contract/store_contract.hpp"

namespace sotto::contract {

using ports::Checkpoint;

using CheckpointStoreMaker = StoreMaker<ports::CheckpointStore>;

class CheckpointStoreContract : public StoreContract<CheckpointStoreMaker> {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (!IsSkipped()) store = make();
  }

  std::unique_ptr<ports::CheckpointStore> make() const { return GetParam().make(folder); }

  std::unique_ptr<ports::CheckpointStore> store;
  const SessionId session{"golden-eagle-427"}, other{"quiet-river-12"};
  const UtcTime at{milliseconds{1'764'000'000'123}};
};

TEST_P(CheckpointStoreContract, KnowsNothingAtFirst) {
  const auto loaded = store->load(session);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_FALSE(*loaded);
  EXPECT_FALSE(store->name().empty());
}

TEST_P(CheckpointStoreContract, EveryProcessSeesWhatWasSavedLast) {
  EXPECT_EQ(store->save(session, 0, {"17", "state", at}).value(), 1u);
  const auto elsewhere = make();
  const auto loaded = elsewhere->load(session);
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->version, 1u);
  EXPECT_EQ((*loaded)->checkpoint, (Checkpoint{"17", "state", at}));
  EXPECT_EQ(elsewhere->save(session, 1, {"18", "more", at + milliseconds{5}}).value(), 2u);
  EXPECT_EQ((*store->load(session))->checkpoint, (Checkpoint{"18", "more", at + milliseconds{5}}));
}

TEST_P(CheckpointStoreContract, ASaverThatHasNotSeenTheVersionChangesNothing) {
  ASSERT_TRUE(store->save(session, 0, {"1", "first", at}));
  ASSERT_TRUE(store->save(session, 1, {"2", "second", at}));
  for (const std::uint64_t stale : {0u, 1u, 3u}) {
    const auto refused = store->save(session, stale, {"9", "never", at});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  }
  EXPECT_EQ((*store->load(session))->version, 2u);
  EXPECT_EQ((*store->load(session))->checkpoint, (Checkpoint{"2", "second", at}));
  const auto early = store->save(other, 1, {"1", "never", at});
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::conflict) << "there is none yet";
  EXPECT_FALSE(*store->load(other));
}

TEST_P(CheckpointStoreContract, SessionsAreApart) {
  ASSERT_TRUE(store->save(session, 0, {"1", "one", at}));
  ASSERT_TRUE(store->save(other, 0, {"2", "two", at}));
  EXPECT_EQ((*store->load(session))->checkpoint.state, "one");
  EXPECT_EQ((*store->load(other))->checkpoint.state, "two");
}

TEST_P(CheckpointStoreContract, KeepsBytesAsTheyAreUpToItsBound) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  const std::string longest_number(129, '9');
  const std::string largest(ports::CheckpointStore::max_bytes - longest_number.size(), '\xff');
  std::uint64_t version = 0;
  for (const std::string& state : {std::string(), all_bytes, largest}) {
    ASSERT_TRUE(store->save(session, version++, {longest_number, state, at}));
    EXPECT_EQ((*store->load(session))->checkpoint, (Checkpoint{longest_number, state, at}));
  }
  const auto refused = store->save(session, version, {longest_number, largest + "x", at});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ((*store->load(session))->version, version);
}

TEST_P(CheckpointStoreContract, OfTwoSaversAtOnceExactlyOneWins) {
  const auto one = make(), two = make();
  for (std::uint64_t round = 0; round < 25; ++round) {
    std::atomic<int> ready{0}, won{0}, lost{0};
    const auto run = [&](ports::CheckpointStore& mine, const char* who) {
      ++ready;
      while (ready < 2) std::this_thread::yield();
      const auto saved = mine.save(session, round, {std::to_string(round), who, at});
      if (saved) {
        EXPECT_EQ(*saved, round + 1);
        ++won;
      } else {
        EXPECT_EQ(saved.error().code, ErrorCode::conflict) << saved.error().message;
        ++lost;
      }
    };
    std::thread first([&] { run(*one, "a"); }), second([&] { run(*two, "b"); });
    first.join();
    second.join();
    ASSERT_EQ(won, 1);
    ASSERT_EQ(lost, 1);
    ASSERT_EQ((*store->load(session))->version, round + 1);
  }
}

}  // namespace sotto::contract

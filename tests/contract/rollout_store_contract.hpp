#pragma once

// What every rollout store must do, whatever it stores in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ports/rollout_store.hpp"
#include "tests/contract/store_contract.hpp"

namespace sotto::contract {

using ports::Journal;
using ports::JournalEntry;

using RolloutStoreMaker = StoreMaker<ports::RolloutStore>;

class RolloutStoreContract : public StoreContract<RolloutStoreMaker> {
 protected:
  static constexpr std::size_t all = 1'000'000;

  void SetUp() override {
    StoreContract::SetUp();
    if (!IsSkipped()) store = make();
  }

  std::unique_ptr<ports::RolloutStore> make() const { return GetParam().make(folder); }

  std::vector<std::string> texts(const std::string& of, Journal journal, std::uint64_t after = 0,
                                 std::size_t limit = all) {
    const auto entries = store->entries(of, journal, after, limit);
    EXPECT_TRUE(entries) << entries.error().message;
    std::vector<std::string> found;
    if (entries)
      for (const JournalEntry& entry : *entries) found.push_back(entry.text);
    return found;
  }

  std::unique_ptr<ports::RolloutStore> store;
  const std::string flag = "/audio-transcription/partial-results/config";
  const std::string other = "/audio-transcription/dev/partial-results/config";
  const UtcTime at{milliseconds{1'764'000'000'123}};
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(RolloutStoreContract, IsEmptyAtFirstAndReadingMakesNothing) {
  const auto state = store->read(flag);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_FALSE(*state);
  EXPECT_THAT(texts(flag, Journal::decisions), IsEmpty());
  EXPECT_THAT(texts(flag, Journal::sessions), IsEmpty());
  EXPECT_TRUE(store->prune(at));
  EXPECT_TRUE(store->add_sessions(flag, {}));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_P(RolloutStoreContract, KeepsTheStateAndWhatWasDone) {
  EXPECT_EQ(store->write(flag, 0, "{\"phase\":\"one\"}", {"begun", "5 %"}, at), 1u);
  const auto elsewhere = make();
  const auto read = elsewhere->read(flag);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->version, 1u);
  EXPECT_EQ((*read)->text, "{\"phase\":\"one\"}");
  EXPECT_EQ(elsewhere->write(flag, 1, "two", {}, at), 2u);
  EXPECT_EQ((*store->read(flag))->text, "two");
  const auto entries = store->entries(flag, Journal::decisions, 0, all);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].text, "begun");
  EXPECT_EQ((*entries)[1].text, "5 %");
  EXPECT_EQ((*entries)[0].at, at);
  EXPECT_LT((*entries)[0].number, (*entries)[1].number);
}

TEST_P(RolloutStoreContract, AWriterThatHasNotSeenTheVersionChangesNothing) {
  ASSERT_TRUE(store->write(flag, 0, "1", {"first"}, at));
  ASSERT_TRUE(store->write(flag, 1, "2", {"second"}, at));
  for (const std::uint64_t stale : {0u, 1u, 3u}) {
    const auto refused = store->write(flag, stale, "x", {"never", "done"}, at);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_NE(refused.error().message.find("version 2"), std::string::npos)
        << refused.error().message;
  }
  const auto read = store->read(flag);
  EXPECT_EQ((*read)->version, 2u);
  EXPECT_EQ((*read)->text, "2");
  EXPECT_THAT(texts(flag, Journal::decisions), ElementsAre("first", "second"));
  const auto early = store->write(other, 1, "x", {"never"}, at);
  EXPECT_EQ(early.error().code, ErrorCode::conflict) << "there is none yet";
  EXPECT_FALSE(*store->read(other));
  EXPECT_THAT(texts(other, Journal::decisions), IsEmpty());
}

TEST_P(RolloutStoreContract, AJournalIsReadInOrderPieceByPiece) {
  std::vector<JournalEntry> entries;
  for (int i = 0; i < 10; ++i)
    entries.push_back(
        {static_cast<std::uint64_t>(100 - i), at - milliseconds{i}, std::to_string(i)});
  ASSERT_TRUE(store->add_sessions(flag, {entries.begin(), entries.begin() + 4}));
  ASSERT_TRUE(store->add_sessions(other, {{0, at, "not this one"}}));
  ASSERT_TRUE(store->add_sessions(flag, {entries.begin() + 4, entries.end()}));
  std::vector<std::string> found;
  std::uint64_t after = 0;
  for (std::vector<std::size_t> sizes;;) {
    const auto piece = store->entries(flag, Journal::sessions, after, 4);
    ASSERT_TRUE(piece);
    sizes.push_back(piece->size());
    for (const JournalEntry& entry : *piece) {
      EXPECT_GT(entry.number, after);
      after = entry.number;
      EXPECT_EQ(entry.at, at - milliseconds{std::stoi(entry.text)});
      found.push_back(entry.text);
    }
    if (piece->size() < 4) {
      EXPECT_THAT(sizes, ElementsAre(4u, 4u, 2u));
      break;
    }
  }
  EXPECT_THAT(found, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  EXPECT_THAT(texts(flag, Journal::sessions, 0, 0), IsEmpty());
  EXPECT_THAT(texts(flag, Journal::sessions, after), IsEmpty());
  EXPECT_THAT(texts(flag, Journal::sessions, std::numeric_limits<std::uint64_t>::max()), IsEmpty());
  EXPECT_EQ(texts(flag, Journal::sessions, 0, std::numeric_limits<std::size_t>::max()).size(), 10u);
}

TEST_P(RolloutStoreContract, FlagsAndJournalsAreApart) {
  ASSERT_TRUE(store->write(flag, 0, "production", {"for all"}, at));
  ASSERT_TRUE(store->write(other, 0, "dev", {"for one"}, at));
  ASSERT_TRUE(store->add_sessions(flag, {{0, at, "a talk"}}));
  EXPECT_EQ((*store->read(flag))->text, "production");
  EXPECT_EQ((*store->read(other))->text, "dev");
  EXPECT_EQ((*store->read(other))->version, 1u);
  EXPECT_THAT(texts(flag, Journal::decisions), ElementsAre("for all"));
  EXPECT_THAT(texts(other, Journal::decisions), ElementsAre("for one"));
  EXPECT_THAT(texts(flag, Journal::sessions), ElementsAre("a talk"));
  EXPECT_THAT(texts(other, Journal::sessions), IsEmpty());
}

TEST_P(RolloutStoreContract, KeepsTextsAsTheyAre) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  const std::vector<std::string> odd = {"", R"(it's "quoted"; DROP TABLE rollout_state; --)",
                                        std::string("before\0after", 12), all_bytes,
                                        std::string(100'000, 'w') + "!"};
  std::uint64_t version = 0;
  for (const std::string& text : odd) {
    ASSERT_TRUE(store->write(flag, version++, text, {text}, at));
    ASSERT_TRUE(store->add_sessions(flag, {{0, at, text}}));
    EXPECT_EQ((*store->read(flag))->text, text);
  }
  EXPECT_EQ(texts(flag, Journal::decisions), odd);
  EXPECT_EQ(texts(flag, Journal::sessions), odd);
}

TEST_P(RolloutStoreContract, PruningForgetsSessionsButNotWhatWasDone) {
  ASSERT_TRUE(store->write(flag, 0, "state", {"long ago"}, at - std::chrono::hours(1000)));
  ASSERT_TRUE(store->add_sessions(
      flag,
      {{0, at, "kept"}, {0, at - milliseconds{1}, "old"}, {0, at - milliseconds{9}, "older"}}));
  ASSERT_TRUE(store->add_sessions(other, {{0, at - milliseconds{1}, "old too"}}));
  const std::uint64_t last = store->entries(other, Journal::sessions, 0, all)->back().number;
  ASSERT_TRUE(store->prune(at));
  EXPECT_THAT(texts(flag, Journal::sessions), ElementsAre("kept"));
  EXPECT_THAT(texts(other, Journal::sessions), IsEmpty());
  EXPECT_THAT(texts(flag, Journal::decisions), ElementsAre("long ago"));
  EXPECT_EQ((*store->read(flag))->text, "state");
  ASSERT_TRUE(make()->add_sessions(other, {{0, at, "new"}}));
  EXPECT_GT(store->entries(other, Journal::sessions, 0, all)->front().number, last)
      << "whoever reads on after the last must find it";
}

TEST_P(RolloutStoreContract, OfTwoWritersAtOnceExactlyOneWins) {
  constexpr std::uint64_t rounds = 25;
  const auto one = make(), two = make();
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::atomic<int> ready{0}, won{0}, lost{0};
    const auto run = [&](ports::RolloutStore& mine, const char* who) {
      ++ready;
      while (ready < 2) std::this_thread::yield();
      const auto written = mine.write(flag, round, who, {who + std::to_string(round)}, at);
      if (written) {
        EXPECT_EQ(*written, round + 1);
        ++won;
      } else {
        EXPECT_EQ(written.error().code, ErrorCode::conflict) << written.error().message;
        ++lost;
      }
    };
    std::thread first([&] { run(*one, "a"); }), second([&] { run(*two, "b"); });
    first.join();
    second.join();
    ASSERT_EQ(won, 1);
    ASSERT_EQ(lost, 1);
    const auto read = store->read(flag);
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->version, round + 1);
    const auto done = texts(flag, Journal::decisions);
    ASSERT_EQ(done.size(), round + 1) << "the loser did nothing";
    EXPECT_EQ(done.back(), (*read)->text + std::to_string(round));
  }
}

TEST_P(RolloutStoreContract, ManyAtOnceLoseNothingAndReadersSeeWholes) {
  constexpr int writers = 3, each = 20;
  std::atomic<int> running{writers};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&, writer] {
      const auto mine = make();
      for (int i = 0; i < each; ++i) {
        const std::string text = std::to_string(writer) + "-" + std::to_string(i);
        const auto added = mine->add_sessions(flag, {{0, at, text}, {0, at, text + " again"}});
        EXPECT_TRUE(added) << added.error().message;
      }
      --running;
    });
  while (running > 0) {
    const auto seen = store->entries(flag, Journal::sessions, 0, all);
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(seen->size() % 2, 0u);
  }
  for (std::thread& thread : threads) thread.join();
  const auto found = texts(flag, Journal::sessions);
  ASSERT_EQ(found.size(), static_cast<std::size_t>(2 * writers * each));
  std::vector<int> next(writers);
  for (std::size_t i = 0; i < found.size(); i += 2) {
    const std::size_t writer = std::stoul(found[i]);
    EXPECT_EQ(found[i], std::to_string(writer) + "-" + std::to_string(next[writer]++));
    EXPECT_EQ(found[i + 1], found[i] + " again");
  }
}

}  // namespace sotto::contract

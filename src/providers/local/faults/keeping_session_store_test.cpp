#include "providers/local/faults/keeping_session_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/bell.hpp"
#include "tests/support/memory_session_store.hpp"
#include "tests/support/stored_session.hpp"

namespace sotto::providers::local {
namespace {

using sotto::testing::Bell;
using sotto::testing::MemorySessionStore;
using sotto::testing::stored_caption;
using sotto::testing::stored_session;

const SessionId id{"golden-eagle-427"};
const Language english{"en"};
const Error full{ErrorCode::unavailable, "database or disk is full", "store"};

class KeepingSessionStoreTest : public ::testing::Test {
 protected:
  KeepingSessionStoreTest() {
    auto memory = std::make_unique<MemorySessionStore>();
    disk = memory.get();
    KeepingNotices tell;
    tell.on_trouble = [this](const Error& error) { told("trouble: " + error.message); };
    tell.on_recovered = [this](std::size_t stored) {
      told("recovered: " + std::to_string(stored));
    };
    tell.on_lost = [this](std::size_t lost) { told("lost: " + std::to_string(lost)); };
    store = std::make_unique<KeepingSessionStore>(std::move(memory), tell, milliseconds{1});
    EXPECT_TRUE(store->begin(stored_session(id.str())));
  }
  ~KeepingSessionStoreTest() override { store.reset(); }

  void told(const std::string& what) {
    {
      const std::lock_guard lock(mutex);
      notices.push_back(what);
    }
    bell.ring();
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex);
    return notices;
  }
  bool is_told(const std::string& what) {
    return bell.wait_until([&] {
      const auto all = told();
      return std::find(all.begin(), all.end(), what) != all.end();
    });
  }

  // The error, or nothing.
  std::string append(const ports::StoredCaption& caption) {
    std::string answer = "no answer";
    store->append(id, caption,
                  [&](const Result<>& result) { answer = result ? "" : result.error().message; });
    return answer;
  }
  static std::vector<std::string> texts(ports::SessionStore& of) {
    std::vector<std::string> found;
    const auto captions = of.captions(id, english).value();
    for (const auto& caption : captions) found.push_back(caption.segment.text);
    return found;
  }

  std::mutex mutex;
  std::vector<std::string> notices;
  Bell bell;
  MemorySessionStore* disk = nullptr;
  std::unique_ptr<KeepingSessionStore> store;
};

using Texts = std::vector<std::string>;

TEST_F(KeepingSessionStoreTest, WhatCouldNotBeStoredIsOnceThereIsRoom) {
  EXPECT_EQ(append(stored_caption(1, "before")), "");
  disk->break_with(full);
  EXPECT_EQ(append(stored_caption(2, "shown")), full.message) << "nobody waits for the disk";
  EXPECT_EQ(append(stored_caption(3, "shown too")), full.message);
  EXPECT_TRUE(is_told("trouble: " + full.message));
  EXPECT_EQ(store->waiting(), 2u);
  EXPECT_EQ(store->health().error().message, full.message);
  disk->break_with(std::nullopt);
  EXPECT_TRUE(is_told("recovered: 2"));
  EXPECT_EQ(texts(*disk), (Texts{"before", "shown", "shown too"}));
  EXPECT_EQ(store->waiting(), 0u);
  EXPECT_TRUE(store->health());
  EXPECT_EQ(append(stored_caption(4, "after")), "");
}

TEST_F(KeepingSessionStoreTest, OfASegmentItsLatestRevisionIsKept) {
  disk->break_with(full);
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    auto caption = stored_caption(1, "revision " + std::to_string(seq));
    caption.segment.seq = seq;
    append(caption);
  }
  auto older = stored_caption(1, "older");
  append(older);
  EXPECT_EQ(store->waiting(), 1u);
  disk->break_with(std::nullopt);
  EXPECT_TRUE(is_told("recovered: 1"));
  EXPECT_EQ(texts(*disk), Texts{"revision 100"});
}

TEST_F(KeepingSessionStoreTest, ManyAreStoredInOrder) {
  disk->break_with(full);
  constexpr std::uint32_t count = 3000;
  for (std::uint32_t i = 1; i <= count; ++i) append(stored_caption(i, std::to_string(i)));
  disk->break_with(std::nullopt);
  EXPECT_TRUE(is_told("recovered: 3000"));
  const auto all = texts(*disk);
  ASSERT_EQ(all.size(), count);
  EXPECT_EQ(all.back(), "3000");
}

TEST_F(KeepingSessionStoreTest, AnEndComesBehindWhatIsKept) {
  disk->break_with(full);
  append(stored_caption(1, "last"));
  store->end(id, UtcTime{milliseconds{1'764'000'001'000}});
  EXPECT_EQ(store->waiting(), 2u);
  disk->break_with(std::nullopt);
  EXPECT_TRUE(is_told("recovered: 2"));
  EXPECT_EQ(texts(*disk), Texts{"last"});
  EXPECT_TRUE(disk->find(id)->value().ended_at);
}

TEST_F(KeepingSessionStoreTest, AKilledSessionIsKilledOnceThereIsRoom) {
  disk->break_with(full);
  EXPECT_FALSE(store->decide(id, false, "disabled", 9));
  disk->break_with(std::nullopt);
  EXPECT_TRUE(is_told("recovered: 1"));
  EXPECT_FALSE(disk->find(id)->value().partial_results);
  EXPECT_EQ(disk->find(id)->value().flag_version, 9u);
}

TEST_F(KeepingSessionStoreTest, WhatIsKeptIsRead) {
  append(stored_caption(1, "old"));
  append(stored_caption(2, "stored"));
  disk->hold();
  auto newer = stored_caption(1, "new");
  newer.segment.seq = 7;
  // A store that is read, but cannot be written.
  const std::string answer = append(newer);
  EXPECT_EQ(answer, "no answer");
  disk->release();
  EXPECT_EQ(texts(*store), (Texts{"new", "stored"}));
}

TEST_F(KeepingSessionStoreTest, WhatTheStoreWillNeverTakeIsNotKept) {
  std::string answer;
  store->append(SessionId{"unknown-1"}, stored_caption(1, "x"),
                [&](const Result<>& result) { answer = to_string(result.error().code); });
  EXPECT_EQ(answer, "not_found");
  EXPECT_EQ(store->waiting(), 0u);
}

TEST_F(KeepingSessionStoreTest, IsTriedOnceMoreAtTheEndAndThenCounted) {
  disk->break_with(full);
  append(stored_caption(1, "one"));
  append(stored_caption(2, "two"));
  store.reset();
  EXPECT_EQ(told().back(), "lost: 2");
}

TEST_F(KeepingSessionStoreTest, NoCaptionIsAnsweredBeforeAnEarlierOne) {
  std::vector<int> order;
  disk->break_with(full);
  disk->hold();
  store->append(id, stored_caption(1, "one"), [&](const Result<>&) { order.push_back(1); });
  store->append(id, stored_caption(2, "two"), [&](const Result<>&) { order.push_back(2); });
  disk->release();
  store->append(id, stored_caption(3, "three"), [&](const Result<>&) { order.push_back(3); });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(store->waiting(), 3u);
  disk->break_with(std::nullopt);
  EXPECT_TRUE(is_told("recovered: 3"));
}

}  // namespace
}  // namespace sotto::providers::local

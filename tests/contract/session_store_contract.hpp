#pragma once

// What every session store must do, whatever it stores in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ports/session_store.hpp"
#include "tests/contract/answers.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/support/stored_session.hpp"

namespace sotto::contract {

using testing::stored_caption;
using testing::stored_session;

/// Makes empty stores that keep up to `most_feedback` of a session, which is the second argument.
using SessionStoreMaker = StoreMaker<ports::SessionStore, std::size_t>;

/// Hands out `done`s and notes in which order they are called. Thread-safe.
class Acknowledgements {
 public:
  std::function<void(Result<>)> expect(std::size_t number) { return answers_.completion(number); }

  /// Waits for `count` of them in all: false when they do not come within 100 seconds.
  bool wait(std::size_t count) { return answers_.wait_for(count); }

  std::vector<std::size_t> order() const {
    std::vector<std::size_t> order;
    for (const auto& answer : answers_.all()) order.push_back(answer.request);
    return order;
  }
  std::vector<Result<>> results() const {
    std::vector<Result<>> results;
    for (const auto& answer : answers_.all()) results.push_back(answer.result);
    return results;
  }

 private:
  AnswersOf<void> answers_;
};

class SessionStoreContract : public StoreContract<SessionStoreMaker> {
 protected:
  static constexpr std::size_t most_feedback = 3;

  void SetUp() override {
    StoreContract::SetUp();
    if (IsSkipped()) return;
    store = GetParam().make(folder, most_feedback);
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->begin(stored_session("golden-eagle-427")));
  }

  /// Appends a caption and waits until it is acknowledged.
  Result<> append(const SessionId& to, const ports::StoredCaption& caption) {
    const auto acknowledgement = std::make_shared<std::promise<Result<>>>();
    auto future = acknowledgement->get_future();
    store->append(to, caption, [acknowledgement](Result<> result) {
      acknowledgement->set_value(std::move(result));
    });
    if (future.wait_for(std::chrono::minutes(1)) != std::future_status::ready)
      return fail(ErrorCode::deadline_exceeded, "not acknowledged");
    return future.get();
  }

  std::vector<std::string> texts(const SessionId& of, const std::string& language = "en") {
    const auto captions = store->captions(of, Language{language}).value();
    std::vector<std::string> found;
    for (const auto& caption : captions) found.push_back(caption.segment.text);
    return found;
  }

  std::vector<std::string> open() {
    const auto sessions = store->open_sessions().value();
    std::vector<std::string> ids;
    for (const auto& session : sessions) ids.push_back(session.id.str());
    return ids;
  }

  Acknowledgements acknowledged;
  std::unique_ptr<ports::SessionStore> store;
  const SessionId id{"golden-eagle-427"};
  const SessionId nobody{"silent-newt-100"};
};

TEST_P(SessionStoreContract, FindsASessionAsItBegan) {
  const auto found = store->find(id);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, stored_session("golden-eagle-427"));
  auto ended = stored_session("brave-otter-311");
  ended.ended_at = ended.created_at + milliseconds{5};
  ASSERT_TRUE(store->begin(ended));
  EXPECT_EQ(*store->find(ended.id), ended);
  EXPECT_EQ(*store->find(nobody), std::nullopt);
}

TEST_P(SessionStoreContract, AnIdBeginsOnce) {
  auto again = stored_session("golden-eagle-427");
  again.reason = "forced";
  for (const bool ended : {false, true}) {
    if (ended) store->end(id, again.created_at);
    const auto refused = store->begin(again);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::already_exists);
  }
  EXPECT_EQ((*store->find(id))->reason, "rollout");
}

TEST_P(SessionStoreContract, OpenSessionsAreThoseThatHaveNotEndedOldestFirst) {
  ASSERT_TRUE(store->begin(stored_session("c", milliseconds{30})));
  ASSERT_TRUE(store->begin(stored_session("z", milliseconds{20})));
  ASSERT_TRUE(store->begin(stored_session("b", milliseconds{20})));
  ASSERT_TRUE(store->begin(stored_session("a", milliseconds{10})));
  EXPECT_THAT(open(), ::testing::ElementsAre(id.str(), "a", "z", "b", "c"));
  store->end(SessionId{"z"}, UtcTime{milliseconds{9}});
  ASSERT_TRUE(append(id, stored_caption(1, "after the end")));
  EXPECT_THAT(open(), ::testing::ElementsAre(id.str(), "a", "b", "c"));
}

TEST_P(SessionStoreContract, ALaterDecisionTakesTheFirstOnesPlace) {
  ASSERT_TRUE(store->decide(id, false, "killed \"now\"", 9));
  auto decided = stored_session("golden-eagle-427");
  decided.partial_results = false;
  decided.reason = "killed \"now\"";
  decided.flag_version = 9;
  EXPECT_EQ(*store->find(id), decided);
  EXPECT_EQ(store->decide(nobody, false, "killed", 9).error().code, ErrorCode::not_found);
}

TEST_P(SessionStoreContract, TheFirstEndCountsAndWhatWasAppendedBeforeIsKept) {
  const UtcTime at{milliseconds{1'764'000'000'999}};
  store->append(id, stored_caption(1, "the last words"), acknowledged.expect(0));
  store->end(id, at);
  store->end(id, at + milliseconds{5});
  store->end(nobody, at);
  ASSERT_TRUE(append(id, stored_caption(2, "a late caption")));
  EXPECT_EQ((*store->find(id))->ended_at, at);
  EXPECT_THAT(texts(id), ::testing::ElementsAre("the last words", "a late caption"));
}

TEST_P(SessionStoreContract, CaptionsComeInTheOrderOfTheTalk) {
  for (const std::uint32_t segment : {3u, 1u, 12u, 2u})
    ASSERT_TRUE(append(id, stored_caption(segment, std::to_string(segment))));
  const auto found = store->captions(id, Language{"en"});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, ::testing::ElementsAre(stored_caption(1, "1"), stored_caption(2, "2"),
                                             stored_caption(3, "3"), stored_caption(12, "12")));
  EXPECT_TRUE(store->captions(nobody, Language{"en"})->empty());
}

TEST_P(SessionStoreContract, OfASegmentTheHighestRevisionIsKept) {
  const auto revise = [&](std::uint64_t seq, const std::string& text, milliseconds end) {
    auto caption = stored_caption(1, text);
    caption.segment.seq = seq;
    caption.segment.end = SessionTime{end};
    return append(id, caption);
  };
  ASSERT_TRUE(revise(5, "five", milliseconds{1000}));
  ASSERT_TRUE(revise(3, "three", milliseconds{2000})) << "it is acknowledged all the same";
  EXPECT_THAT(texts(id), ::testing::ElementsAre("five"));
  ASSERT_TRUE(revise(5, "five again", milliseconds{3000}));
  EXPECT_THAT(texts(id), ::testing::ElementsAre("five")) << "what was shown first";
  ASSERT_TRUE(revise(9, "nine", milliseconds{4000}));
  const auto found = store->captions(id, Language{"en"});
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().segment.seq, 9u);
  EXPECT_EQ(found->front().segment.text, "nine");
  EXPECT_EQ(found->front().segment.end, at_ms(4000));
}

TEST_P(SessionStoreContract, ARemovedCaptionIsKeptAsRemoved) {
  ASSERT_TRUE(append(id, stored_caption(1, "no")));
  ASSERT_TRUE(append(id, stored_caption(2, "yes")));
  auto removal = stored_caption(1, "");
  removal.segment.seq = 8;
  ASSERT_TRUE(append(id, removal));
  EXPECT_THAT(texts(id), ::testing::ElementsAre("", "yes"));
}

TEST_P(SessionStoreContract, LanguagesAndSessionsAreApart) {
  const SessionId other{"brave-otter-311"};
  ASSERT_TRUE(store->begin(stored_session(other.str())));
  ASSERT_TRUE(append(id, stored_caption(1, "good morning", "en")));
  ASSERT_TRUE(append(id, stored_caption(1, "buenos días", "es")));
  ASSERT_TRUE(append(other, stored_caption(1, "good evening", "en")));
  EXPECT_THAT(texts(id, "en"), ::testing::ElementsAre("good morning"));
  EXPECT_THAT(texts(id, "es"), ::testing::ElementsAre("buenos días"));
  EXPECT_THAT(texts(other, "en"), ::testing::ElementsAre("good evening"));
  EXPECT_TRUE(texts(id, "ca").empty());
}

TEST_P(SessionStoreContract, ACaptionOfNoSessionIsRefusedAloneAmongMany) {
  constexpr std::size_t count = 50;
  for (std::size_t i = 0; i < count; ++i)
    store->append(i % 10 == 7 ? nobody : id, stored_caption(static_cast<std::uint32_t>(i), "x"),
                  acknowledged.expect(i));
  ASSERT_TRUE(acknowledged.wait(count));
  const auto results = acknowledged.results();
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(acknowledged.order()[i], i);
    ASSERT_EQ(results[i].has_value(), i % 10 != 7) << i;
    EXPECT_TRUE(results[i] || results[i].error().code == ErrorCode::not_found) << i;
  }
  EXPECT_EQ(texts(id).size(), 45u);
  EXPECT_TRUE(texts(nobody).empty());
}

TEST_P(SessionStoreContract, KeepsTextsAsTheyAre) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  const std::vector<std::string> odd = {
      "¿Qué tal? Això és l'última — 你好 👋🏽 e\u0301",
      R"(it's "quoted", `so` \n and %s; x'); DROP TABLE session; --)",
      std::string("before\0after\0", 13),
      std::string(1, '\0'),
      "\n\r\t \x7f",
      "\xFF\xFE not UTF-8 \xC3",
      std::string(10'000, 'w') + "!",
      all_bytes};
  std::uint32_t segment = 0;
  for (const std::string& text : odd) ASSERT_TRUE(append(id, stored_caption(++segment, text)));
  EXPECT_EQ(texts(id), odd);
  auto session = stored_session("o'neill \"x\"");
  session.reason = odd[2];
  ASSERT_TRUE(store->begin(session));
  EXPECT_EQ(*store->find(session.id), session);
}

TEST_P(SessionStoreContract, FeedbackReplacesAListenersEarlierOneUpToABound) {
  const auto rate = [&](const std::string& listener, const SessionId& of) {
    return store->feedback(of, {listener, "up", Language{"es"}, UtcTime{milliseconds{7}}});
  };
  for (std::size_t i = 0; i < most_feedback; ++i) EXPECT_EQ(*rate(std::to_string(i), id), false);
  EXPECT_EQ(*rate("0", id), true);
  const auto refused = rate("one too many", id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(*rate("1", id), true) << "whoever is in may change its mind";
  ASSERT_TRUE(store->begin(stored_session("brave-otter-311")));
  EXPECT_EQ(*rate("one too many", SessionId{"brave-otter-311"}), false);
  EXPECT_EQ(rate("0", nobody).error().code, ErrorCode::not_found);
}

TEST_P(SessionStoreContract, OneThatHasEndedIsForgottenByName) {
  ASSERT_TRUE(append(id, stored_caption(1, "words")));
  EXPECT_FALSE(*store->forget(id)) << "it goes on";
  EXPECT_FALSE(*store->forget(SessionId{"never-heard-of-1"}));
  store->end(id, UtcTime{milliseconds{1}});
  EXPECT_TRUE(*store->forget(id));
  EXPECT_EQ(*store->find(id), std::nullopt);
  ASSERT_TRUE(store->begin(stored_session(id.str())));
  EXPECT_TRUE(texts(id).empty());
}

TEST_P(SessionStoreContract, PruningForgetsAllOfWhatEndedBefore) {
  const UtcTime before{milliseconds{1'764'000'009'000}};
  for (int i = 0; i < 25; ++i) {
    const SessionId old{"old-" + std::to_string(i)};
    ASSERT_TRUE(store->begin(stored_session(old.str())));
    ASSERT_TRUE(append(old, stored_caption(1, "long ago")));
    ASSERT_EQ(*store->feedback(old, {"listener", "down", Language{"en"}, before}), false);
    store->end(old, before - milliseconds{1 + i});
  }
  ASSERT_TRUE(store->begin(stored_session("recent")));
  store->end(SessionId{"recent"}, before);
  ASSERT_TRUE(append(id, stored_caption(1, "still here")));
  ASSERT_TRUE(store->prune(before));
  for (int i = 0; i < 25; ++i) {
    const SessionId old{"old-" + std::to_string(i)};
    EXPECT_EQ(*store->find(old), std::nullopt);
    EXPECT_TRUE(texts(old).empty());
    EXPECT_EQ(append(old, stored_caption(2, "too late")).error().code, ErrorCode::not_found);
  }
  EXPECT_TRUE(store->find(SessionId{"recent"})->has_value());
  EXPECT_THAT(open(), ::testing::ElementsAre(id.str()));
  EXPECT_THAT(texts(id), ::testing::ElementsAre("still here"));
  ASSERT_TRUE(store->begin(stored_session("old-3")));
  EXPECT_TRUE(texts(SessionId{"old-3"}).empty());
  EXPECT_EQ(*store->feedback(SessionId{"old-3"}, {"listener", "up", Language{"en"}, before}), false)
      << "its feedback went with it";
}

TEST_P(SessionStoreContract, ManyThreadsAtOnceLoseNothingAndEachIsAnsweredInItsOrder) {
  constexpr std::size_t threads = 4, each = 250;
  std::vector<std::thread> running;
  for (std::size_t thread = 0; thread < threads; ++thread)
    running.emplace_back([&, thread] {
      const std::string language = "l" + std::to_string(thread);
      for (std::size_t i = 0; i < each; ++i) {
        const auto segment = static_cast<std::uint32_t>(i + 1);
        store->append(id, stored_caption(segment, std::to_string(segment), language),
                      acknowledged.expect(thread * each + i));
        if (i % 100 == 0) {
          EXPECT_TRUE(store->begin(stored_session(language + "-" + std::to_string(i))));
          EXPECT_TRUE(store->captions(id, Language{language}));
        }
      }
    });
  for (std::thread& thread : running) thread.join();
  ASSERT_TRUE(acknowledged.wait(threads * each));
  for (const Result<>& result : acknowledged.results()) ASSERT_TRUE(result);
  std::vector<std::size_t> next(threads);
  for (const std::size_t number : acknowledged.order())
    ASSERT_EQ(number % each, next[number / each]++);
  for (std::size_t thread = 0; thread < threads; ++thread)
    EXPECT_EQ(texts(id, "l" + std::to_string(thread)).size(), each);
  EXPECT_EQ(open().size(), 1 + threads * 3);
}

}  // namespace sotto::contract

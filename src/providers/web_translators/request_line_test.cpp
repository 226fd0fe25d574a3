#include "providers/web_translators/request_line.hpp"

#include <future>

#include "tests/contract/answers.hpp"

namespace sotto::providers::web_translators {
namespace {

using Answers = contract::AnswersOf<std::string>;
using Texts = std::vector<std::string>;

LineRequest request(std::string text, Texts before = {}) {
  return {std::move(text), {std::move(before)}, {}};
}

std::vector<Result<std::string>> same(std::span<const LineRequest> batch) {
  std::vector<Result<std::string>> answers;
  for (const LineRequest& one : batch) answers.emplace_back(one.text);
  return answers;
}

// Work that the test lets go on, batch by batch.
struct Gate {
  std::vector<Result<std::string>> operator()(std::span<const LineRequest> batch) {
    std::unique_lock lock(mutex);
    Texts texts;
    for (const LineRequest& one : batch) texts.push_back(one.text);
    batches.push_back(texts);
    changed.notify_all();
    changed.wait_for(lock, std::chrono::seconds{60},
                     [&] { return open || let_through == texts.front(); });
    return same(batch);
  }
  void wait_for_batches(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds{60}, [&] { return batches.size() >= count; });
  }
  void let(const std::string& first_text) {
    const std::lock_guard lock(mutex);
    let_through = first_text;
    changed.notify_all();
  }
  void open_all() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Texts> batches;
  std::string let_through;
  bool open = false;
};

TEST(RequestLine, WhatWaitsGoesOutTogetherUpToTheBound) {
  Gate gate;
  Answers answers;
  RequestLine line({.max_batch = 3}, "a test", std::ref(gate));
  line.submit(request("0"), answers.completion(0));
  gate.wait_for_batches(1);
  for (std::size_t i = 1; i < 6; ++i)
    line.submit(request(std::to_string(i)), answers.completion(i));
  gate.open_all();
  ASSERT_TRUE(answers.wait_for(6));
  EXPECT_EQ(gate.batches, (std::vector<Texts>{{"0"}, {"1", "2", "3"}, {"4", "5"}}));
}

TEST(RequestLine, ABatchHasOneContextAndSoManyBytes) {
  Gate gate;
  Answers answers;
  RequestLine line({.max_batch = 10, .max_batch_bytes = 10}, "a test", std::ref(gate));
  line.submit(request("0"), answers.completion(0));
  gate.wait_for_batches(1);
  line.submit(request("a", {"x"}), answers.completion(1));
  line.submit(request("b", {"x"}), answers.completion(2));
  line.submit(request("c", {"y"}), answers.completion(3));
  line.submit(request("d"), answers.completion(4));
  line.submit(request("123456789"), answers.completion(5));
  line.submit(request("1234567890123"), answers.completion(6));
  gate.open_all();
  ASSERT_TRUE(answers.wait_for(7));
  EXPECT_EQ(gate.batches,
            (std::vector<Texts>{{"0"}, {"a", "b"}, {"c"}, {"d", "123456789"}, {"1234567890123"}}));
}

TEST(RequestLine, ALaterCallThatEndsFirstWaitsForItsTurn) {
  Gate gate;
  Answers answers;
  RequestLine line({.threads = 2}, "a test", std::ref(gate));
  line.submit(request("first"), answers.completion(0));
  line.submit(request("second"), answers.completion(1));
  line.submit_known("known", answers.completion(2));
  gate.wait_for_batches(2);
  gate.let("second");
  EXPECT_TRUE(answers.all().empty());
  gate.open_all();
  ASSERT_TRUE(answers.wait_for(3));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(answers.all()[i].request, i);
}

TEST(RequestLine, IsBoundedInWhatWaitsAndWhatIsUnderWay) {
  Gate gate;
  Answers answers;
  RequestLine line({.max_queued = 2}, "a test", std::ref(gate));
  for (std::size_t i = 0; i < 3; ++i) line.submit(request("x"), answers.completion(i));
  ASSERT_TRUE(answers.wait_for(1));
  EXPECT_EQ(answers.all()[0].request, 2u);
  EXPECT_EQ(answers.all()[0].result.error().code, ErrorCode::resource_exhausted);
  gate.open_all();
  EXPECT_TRUE(answers.wait_for(3));
}

TEST(RequestLine, TextsThatAWorkLeavesOutAreAnswered) {
  Answers answers;
  RequestLine line({}, "a test",
                   [](std::span<const LineRequest>) { return std::vector<Result<std::string>>{}; });
  line.submit(request("x"), answers.completion(0));
  ASSERT_TRUE(answers.wait_for(1));
  EXPECT_EQ(answers.all()[0].result.error().code, ErrorCode::unavailable);
}

TEST(RequestLine, AfterAStopNothingIsTaken) {
  Answers answers;
  RequestLine line({}, "a test", same);
  line.request_stop();
  line.submit(request("x"), answers.completion(0));
  line.submit_known("x", answers.completion(1));
  for (const auto& answer : answers.all())
    EXPECT_EQ(answer.result.error().code, ErrorCode::unavailable);
  EXPECT_EQ(answers.all().size(), 2u);
}

}  // namespace
}  // namespace sotto::providers::web_translators

#include "server/websocket/outgoing_queue.hpp"

#include <array>

namespace sotto::server {
namespace {

using std::chrono::seconds;

constexpr OutgoingQueue::Clock::time_point start{};

Outgoing status(std::string_view text) { return {.message = text_message(text)}; }
Outgoing caption(std::string_view text, std::uint32_t segment, bool provisional) {
  return {.message = text_message(text), .segment = segment, .provisional = provisional};
}
Outgoing speech(std::size_t bytes, std::uint64_t piece) {
  return {.message = binary_message(std::string(bytes, 's')), .piece = piece};
}

// What waits, as payloads, and sends it all.
std::vector<std::string> drain(OutgoingQueue& queue, OutgoingQueue::Clock::time_point now = start) {
  std::vector<std::string> payloads;
  std::array<std::string_view, 1> view;
  while (queue.peek(view, now) > 0) {
    payloads.emplace_back(view[0].substr(2));  // short messages: a header of two bytes
    queue.sent(view[0].size());
  }
  return payloads;
}

TEST(OutgoingQueue, AProvisionalCaptionGivesWayToANewerOneOfItsSegment) {
  OutgoingQueue queue;
  queue.push(caption("final 1", 1, false), start);
  queue.push(caption("open 2 a", 2, true), start);
  queue.push(caption("open 2 b", 2, true), start);
  queue.push(status("status"), start);
  EXPECT_EQ(drain(queue), (std::vector<std::string>{"final 1", "open 2 b", "status"}));
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(OutgoingQueue, AFinalTakesTheProvisionalsPlaceAndIsNeverReplaced) {
  OutgoingQueue queue;
  queue.push(caption("open", 7, true), start);
  queue.push(caption("final", 7, false), start);
  queue.push(caption("correction", 7, false), start);
  EXPECT_EQ(drain(queue), (std::vector<std::string>{"final", "correction"}));
}

TEST(OutgoingQueue, WhatIsHalfSentIsSentToItsEnd) {
  OutgoingQueue queue;
  queue.push(caption("provisional", 7, true), start);
  queue.sent(5);
  queue.push(caption("final", 7, false), start);
  std::array<std::string_view, 4> views;
  ASSERT_EQ(queue.peek(views, start), 2u);
  EXPECT_EQ(views[0], "visional");
  queue.sent(views[0].size() + 1);
  ASSERT_EQ(queue.peek(views, start), 1u);
  EXPECT_EQ(views[0].substr(1), "final");
  queue.clear();
  EXPECT_EQ(queue.peek(views, start), 1u) << "a frame that has begun cannot be taken back";
  EXPECT_EQ(queue.bytes(), 7u);
}

TEST(OutgoingQueue, SaysWhenTheClientIsTooSlow) {
  OutgoingQueue queue;
  const std::string large(OutgoingQueue::max_bytes - 8, 'x');
  EXPECT_TRUE(queue.push(status(large), start));
  EXPECT_FALSE(queue.push(status("over the bound"), start));
  queue.clear();
  EXPECT_EQ(queue.bytes(), 0u);
  queue.push(status("x"), start);
  EXPECT_FALSE(queue.too_old(start + seconds{10}));
  EXPECT_TRUE(queue.too_old(start + seconds{11}));
}

TEST(OutgoingQueue, WhoReturnsAfterLongIsNotTooSlow) {
  OutgoingQueue queue;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    Outgoing missed = caption(std::string(100, 'x'), i, false);
    missed.backlog = true;
    ASSERT_TRUE(queue.push(std::move(missed), start));
  }
  EXPECT_TRUE(queue.push(status("x"), start));
}

TEST(OutgoingQueue, OldSpeechIsDroppedAPieceAtATime) {
  OutgoingQueue queue;
  queue.push(speech(10, 1), start);
  queue.push(speech(20, 1), start);
  queue.push(speech(30, 2), start);
  queue.push(speech(40, 2), start);
  queue.push(caption("kept", 1, false), start);
  queue.sent(3);  // of the first piece
  queue.push(speech(50, 3), start + seconds{3});
  std::vector<std::size_t> sizes;
  for (const std::string& payload : drain(queue, start + seconds{3}))
    sizes.push_back(payload.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{12 - 3 - 2, 20, 4, 50}));
}

TEST(OutgoingQueue, ManyGoOutTogether) {
  OutgoingQueue queue;
  for (int i = 0; i < 20; ++i) queue.push(status(std::to_string(i)), start);
  std::array<std::string_view, 16> views;
  ASSERT_EQ(queue.peek(views, start), 16u);
  std::size_t all = 0;
  for (const std::string_view view : views) all += view.size();
  queue.sent(all);
  EXPECT_EQ(drain(queue), (std::vector<std::string>{"16", "17", "18", "19"}));
}

}  // namespace
}  // namespace sotto::server

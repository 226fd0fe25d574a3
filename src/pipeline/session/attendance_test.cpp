#include "pipeline/session/attendance.hpp"

#include <gtest/gtest.h>

namespace sotto::pipeline {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr ListenerId ana{1, 1}, ben{1, 2}, eva{1, 3};

SessionTime at(milliseconds time) { return SessionTime{time}; }

TEST(ListenerId, IsThirtyTwoDigits) {
  const ListenerId id{0x0123456789abcdef, 0xf};
  EXPECT_EQ(to_string(id), "0123456789abcdef000000000000000f");
  EXPECT_EQ(parse_listener_id(to_string(id)), id);
  for (const char* text : {"", "0123456789abcdef000000000000000",
                           "0123456789ABCDEF000000000000000f", "0123456789abcdef000000000000000f0",
                           "00000000000000000000000000000000", "0123456789abcdef00000000000000 f"})
    EXPECT_EQ(parse_listener_id(text), std::nullopt) << text;
}

class AttendanceTest : public ::testing::Test {
 protected:
  AttendanceTest() { attendance.talk_began(at(minutes{1})); }
  void stay(const ListenerId& id, milliseconds from, milliseconds to) {
    EXPECT_TRUE(attendance.join(id, at(from)));
    attendance.leave(id, at(to));
  }
  std::size_t left_of_an_hour() const { return attendance.left_early(at(minutes{60})); }

  Attendance attendance{10, minutes{3}};
};

TEST_F(AttendanceTest, WhoLeavesALongTimeBeforeTheEndHasLeft) {
  stay(ana, seconds{0}, minutes{20});
  stay(ben, seconds{0}, minutes{59});
  attendance.join(eva, at(minutes{59}));
  EXPECT_EQ(attendance.listeners(), 3u);
  EXPECT_EQ(left_of_an_hour(), 1u);
}

TEST_F(AttendanceTest, TheLimitsAreExact) {
  stay(ana, minutes{10}, minutes{10} + seconds{30} - milliseconds{1});
  EXPECT_EQ(left_of_an_hour(), 0u) << "she only looked in";
  stay(ben, minutes{10}, minutes{10} + seconds{30});
  EXPECT_EQ(left_of_an_hour(), 1u);
  stay(eva, minutes{10}, minutes{58});
  EXPECT_EQ(left_of_an_hour(), 1u);
  EXPECT_EQ(attendance.left_early(at(minutes{60} + milliseconds{1})), 2u);
}

TEST_F(AttendanceTest, WhoReconnectsIsTheSameAndHasNotLeft) {
  stay(ana, minutes{2}, minutes{5});
  attendance.join(ana, at(minutes{6}));
  EXPECT_EQ(attendance.listeners(), 1u);
  EXPECT_EQ(left_of_an_hour(), 0u);
  attendance.leave(ana, at(minutes{30}));
  EXPECT_EQ(left_of_an_hour(), 1u);
}

TEST_F(AttendanceTest, WhoStopsTheSoundReadsOn) {
  attendance.join(ana, at(minutes{2}));
  stay(ana, minutes{3}, minutes{10});
  EXPECT_EQ(left_of_an_hour(), 0u);
  attendance.leave(ana, at(minutes{11}));
  EXPECT_EQ(left_of_an_hour(), 1u);
  attendance.leave(ana, at(minutes{59}));
  EXPECT_EQ(left_of_an_hour(), 1u) << "she was not connected";
}

TEST_F(AttendanceTest, WaitingForTheTalkIsNotListening) {
  stay(ana, seconds{0}, minutes{1} + seconds{29});
  stay(ben, seconds{0}, minutes{1} + seconds{30});
  EXPECT_EQ(left_of_an_hour(), 1u);
  Attendance silent{10, minutes{3}};
  silent.join(ana, at(seconds{0}));
  silent.leave(ana, at(minutes{10}));
  EXPECT_EQ(silent.left_early(at(minutes{60})), 0u);
}

TEST_F(AttendanceTest, VisitsAddUp) {
  stay(ana, minutes{2}, minutes{2} + seconds{20});
  stay(ana, minutes{5}, minutes{5} + seconds{10});
  EXPECT_EQ(left_of_an_hour(), 1u);
}

TEST_F(AttendanceTest, RemembersNoMoreThanItMay) {
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_TRUE(attendance.join({2, i}, at(minutes{2})));
  EXPECT_FALSE(attendance.join(ana, at(minutes{2})));
  EXPECT_TRUE(attendance.join({2, 3}, at(minutes{2})));
  attendance.leave(ana, at(minutes{3}));
  EXPECT_EQ(attendance.listeners(), 10u);
  EXPECT_EQ(left_of_an_hour(), 0u);
}

TEST_F(AttendanceTest, EachListenersLastVoteCounts) {
  attendance.join(ana, at(minutes{2}));
  attendance.join(ana, at(minutes{2}));  // for speech
  stay(ben, minutes{2}, minutes{12});
  EXPECT_TRUE(attendance.rate(ana, Rating::up, at(minutes{3}))->first);
  EXPECT_FALSE(attendance.rate(ana, Rating::down, at(minutes{4}))->first);
  EXPECT_TRUE(attendance.rate(ben, Rating::neutral, at(minutes{40}))->first) << "who has left";
  EXPECT_EQ(attendance.votes(at(minutes{60})), (Votes{0, 1, 1}));
}

TEST_F(AttendanceTest, AVoteCountsOfWhoHasListened) {
  attendance.join(ana, at(minutes{1}));
  EXPECT_FALSE(attendance.rate(ana, Rating::down, at(minutes{1} + seconds{9}))->first);
  EXPECT_EQ(attendance.votes(at(minutes{1} + seconds{9})), Votes{});
  EXPECT_EQ(attendance.votes(at(minutes{1} + seconds{10})), (Votes{0, 0, 1})) << "it was kept";
  EXPECT_TRUE(attendance.rate(ana, Rating::up, at(minutes{1} + seconds{10}))->first);
  EXPECT_FALSE(attendance.rate(ana, Rating::up, at(minutes{2}))->first);
  attendance.leave(ana, at(minutes{2}));
  EXPECT_EQ(attendance.votes(at(minutes{11})), (Votes{1, 0, 0})) << "a tenth of ten minutes";
  EXPECT_EQ(attendance.votes(at(minutes{11} + milliseconds{10})), Votes{});
}

TEST_F(AttendanceTest, WhoComesBackUnderManyNamesHasTenVotesAtMost) {
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto from = minutes{1} + seconds{10} * static_cast<int>(i);
    stay({7, i}, from, from + seconds{10});
    EXPECT_TRUE(attendance.rate({7, i}, Rating::down, at(from + seconds{10})));
  }
  EXPECT_EQ(attendance.votes(at(minutes{1} + seconds{100})), (Votes{0, 0, 10}));
  EXPECT_EQ(attendance.votes(at(minutes{3})), Votes{});
}

TEST_F(AttendanceTest, NobodyVotesOnATalkThatHasNotBegun) {
  Attendance silent{10, minutes{3}};
  silent.join(ana, at(seconds{0}));
  EXPECT_FALSE(silent.rate(ana, Rating::down, at(minutes{10}))->first);
  EXPECT_EQ(silent.votes(at(minutes{10})), Votes{});
}

TEST_F(AttendanceTest, OnlyListenersVote) {
  const auto vote = attendance.rate(ana, Rating::down, at(minutes{3}));
  ASSERT_FALSE(vote);
  EXPECT_EQ(vote.error().code, ErrorCode::permission_denied);
  EXPECT_EQ(vote.error().field, "listener");
  EXPECT_EQ(attendance.votes(at(minutes{60})), Votes{});
}

TEST_F(AttendanceTest, VotesAreTakenForAWhileAfterTheEnd) {
  attendance.join(ana, at(minutes{2}));
  attendance.session_ended(at(minutes{60}));
  EXPECT_FALSE(attendance.join(ben, at(minutes{60}))) << "who only reads what there was";
  EXPECT_TRUE(attendance.join(ana, at(minutes{60}))) << "who was there already";
  EXPECT_EQ(attendance.listeners(), 1u);
  EXPECT_FALSE(attendance.rate(ben, Rating::up, at(minutes{60})));
  const auto vote = attendance.rate(ana, Rating::up, at(minutes{63}));
  ASSERT_TRUE(vote);
  EXPECT_TRUE(vote->after_end);
  const auto late = attendance.rate(ana, Rating::down, at(minutes{63} + milliseconds{1}));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().field, "session_id");
  EXPECT_EQ(attendance.votes(at(minutes{60})), (Votes{1, 0, 0}));
}

}  // namespace
}  // namespace sotto::pipeline

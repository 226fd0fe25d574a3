#include "server/sessions/session_room.hpp"

#include <gtest/gtest.h>

namespace sotto::server {
namespace {

SessionPlace place(std::string id, std::string client, int minute, bool in_use = false,
                   bool trusted = false) {
  return {std::move(id),
          {.client = std::move(client), .trusted = trusted},
          UtcTime{} + std::chrono::minutes{minute},
          in_use};
}

TEST(SessionRoom, ThereIsRoomWhileTheTableIsNotFull) {
  const auto room = who_gives_room({place("a", "1", 1), place("b", "2", 2)}, {.client = "3"}, 3);
  EXPECT_TRUE(room.found);
  EXPECT_EQ(room.gives, "");
}

TEST(SessionRoom, AClientThatLeavesItsSessionsUnusedLosesItsOwnOldest) {
  std::vector<SessionPlace> places = {place("other", "2", 0)};
  for (int i = 1; i <= 5; ++i) places.push_back(place("s" + std::to_string(i), "1", i));
  EXPECT_EQ(who_gives_room(places, {.client = "1"}, 100).gives, "s1");
  EXPECT_EQ(who_gives_room(places, {.client = "2"}, 100).gives, "");
  EXPECT_EQ(who_gives_room(places, {.client = "1", .trusted = true}, 100).gives, "");
  places[1].in_use = true;
  EXPECT_EQ(who_gives_room(places, {.client = "1"}, 100).gives, "") << "four are unused";
}

TEST(SessionRoom, InAFullTableTheClientWithTheMostUnusedOnesLosesItsOldest) {
  const std::vector<SessionPlace> places = {place("b", "1", 2),       place("a", "1", 1),
                                            place("c", "2", 0),       place("d", "3", 0, true),
                                            place("e", "3", 0, true), place("f", "3", 0, true)};
  const auto room = who_gives_room(places, {.client = "9"}, places.size());
  EXPECT_TRUE(room.found);
  EXPECT_EQ(room.gives, "a") << "what is in use stays";
}

TEST(SessionRoom, InAFullTableThoseWhoAreNotTrustedGiveRoomFirst) {
  const std::vector<SessionPlace> places = {place("b", "1", 2, false, true),
                                            place("a", "1", 1, false, true), place("c", "2", 9)};
  EXPECT_EQ(who_gives_room(places, {.client = "9"}, 3).gives, "c");
}

TEST(SessionRoom, AClientThatIsNotTrustedHasThreeQuartersOfTheTableAtMost) {
  std::vector<SessionPlace> places;
  for (int i = 0; i < 6; ++i) places.push_back(place("s" + std::to_string(i), "1", i, true));
  EXPECT_FALSE(who_gives_room(places, {.client = "1"}, 8).found);
  EXPECT_TRUE(who_gives_room(places, {.client = "2"}, 8).found);
  EXPECT_TRUE(who_gives_room(places, {.client = "1", .trusted = true}, 8).found);
  places[3].in_use = false;
  EXPECT_EQ(who_gives_room(places, {.client = "1"}, 8).gives, "s3");
}

TEST(SessionRoom, ATableOfSessionsInUseIsFull) {
  EXPECT_FALSE(
      who_gives_room({place("a", "1", 1, true), place("b", "2", 2, true)}, {.client = "3"}, 2)
          .found);
}

}  // namespace
}  // namespace sotto::server

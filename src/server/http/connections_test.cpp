#include "server/http/connections.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sotto::server {
namespace {

struct Visitors {
  explicit Visitors(ConnectionLimits limits) : all(std::make_shared<Connections>(limits)) {}

  std::unique_ptr<Connections::Place> come(const std::string& client, const std::string& name) {
    return all->admit(client, [this, name] { dropped.push_back(name); });
  }

  std::shared_ptr<Connections> all;
  std::vector<std::string> dropped;
};

TEST(ConnectionLimits, FollowTheDescriptors) {
  const ConnectionLimits usual = connection_limits(1024, 0);
  EXPECT_EQ(usual.all, 1024u - 128 - 32);
  EXPECT_EQ(usual.of_client, 648u) << "a hall of 500 behind one address";
  EXPECT_EQ(usual.reserve, 32u);
  EXPECT_EQ(connection_limits(1'000'000, 8000).all, 8000u);
  EXPECT_EQ(connection_limits(64, 0).all, 64u - 8 - 4);
  for (const std::size_t few : {0u, 1u, 2u, 3u}) {
    EXPECT_GE(connection_limits(few, 0).all, 1u);
    EXPECT_GE(connection_limits(few, 0).of_client, 1u);
    EXPECT_GE(connection_limits(few, 0).reserve, 1u);
  }
}

TEST(Connections, WhoAskedForNothingGivesWayTheOldestFirst) {
  Visitors visitors({.all = 3, .of_client = 3, .reserve = 1});
  const auto a = visitors.come("1", "a"), b = visitors.come("2", "b"), c = visitors.come("3", "c");
  a->busy();
  a->idle();
  const auto d = visitors.come("4", "d");
  EXPECT_EQ(visitors.dropped, (std::vector<std::string>{"b"}));
  EXPECT_FALSE(d->reserved());
  c->busy();
  d->busy();
  const auto e = visitors.come("5", "e");
  EXPECT_EQ(visitors.dropped, (std::vector<std::string>{"b", "a"})) << "then who is idle";
  e->busy();
  EXPECT_EQ(visitors.all->connected(), 3u);
}

TEST(Connections, TheReserveIsForThoseWhoFindNoRoom) {
  Visitors visitors({.all = 2, .of_client = 2, .reserve = 2});
  auto a = visitors.come("1", "a"), b = visitors.come("2", "b");
  a->busy();
  b->busy();
  auto c = visitors.come("3", "c"), d = visitors.come("4", "d");
  EXPECT_TRUE(c->reserved());
  EXPECT_TRUE(d->reserved());
  c->busy();
  EXPECT_TRUE(c->reserved()) << "it stays one";
  const auto e = visitors.come("5", "e");
  EXPECT_TRUE(e->reserved());
  EXPECT_EQ(visitors.dropped, (std::vector<std::string>{"c"})) << "the oldest of the reserve";
  a.reset();
  EXPECT_FALSE(visitors.come("6", "f")->reserved()) << "there is room again";
}

TEST(Connections, OneClientLeavesRoomForOthers) {
  Visitors visitors({.all = 4, .of_client = 2, .reserve = 1});
  const auto a = visitors.come("1", "a"), b = visitors.come("1", "b"), c = visitors.come("2", "c");
  a->busy();
  const auto d = visitors.come("1", "d");
  EXPECT_EQ(visitors.dropped, (std::vector<std::string>{"b"})) << "of its own, not c";
  d->busy();
  EXPECT_TRUE(visitors.come("1", "e")->reserved());
  EXPECT_FALSE(visitors.come("2", "f")->reserved());
}

TEST(Connections, AProxysConnectionBelongsToWhomItNames) {
  Visitors visitors({.all = 9, .of_client = 2, .reserve = 1});
  std::vector<std::unique_ptr<Connections::Place>> places;
  for (int i = 0; i < 3; ++i) places.push_back(visitors.come("", "p"));
  for (const auto& place : places) place->busy();
  EXPECT_TRUE(places[0]->belongs_to("1"));
  EXPECT_TRUE(places[1]->belongs_to("1"));
  EXPECT_FALSE(places[2]->belongs_to("1"));
  EXPECT_TRUE(places[2]->belongs_to("2"));
  EXPECT_TRUE(places[0]->belongs_to("2"));
  EXPECT_TRUE(places[2]->belongs_to("1"));
}

TEST(Connections, RoomIsMadeWhenDescriptorsRunOut) {
  Visitors visitors({.all = 9, .of_client = 9, .reserve = 1});
  const auto a = visitors.come("1", "a");
  visitors.all->make_room();
  visitors.all->make_room();
  EXPECT_EQ(visitors.dropped, (std::vector<std::string>{"a"}));
  EXPECT_EQ(visitors.all->connected(), 0u);
}

}  // namespace
}  // namespace sotto::server

#include "supervision/turns.hpp"

#include <atomic>
#include <functional>
#include <latch>
#include <utility>

namespace sotto::supervision {
namespace {

class Taker : public TurnTaker {
 public:
  explicit Taker(std::function<bool()> turn) : turn_(std::move(turn)) {}
  bool take_turn() override { return turn_(); }

 private:
  std::function<bool()> turn_;
};

TEST(Turns, AlternatesBetweenThoseInLine) {
  Turns turns(1);
  std::latch gate(1);
  std::latch done(2);
  std::string order;
  const auto turn = [&](char name, int& left) {
    gate.wait();
    order += name;
    if (--left == 0) done.count_down();
    return left > 0;
  };
  int left_a = 4;
  int left_b = 3;
  Taker a([&] { return turn('a', left_a); });
  Taker b([&] { return turn('b', left_b); });
  turns.ready(a);
  turns.ready(b);
  gate.count_down();
  done.wait();
  turns.retire(a);
  turns.retire(b);
  EXPECT_EQ(order, "abababa");
}

TEST(Turns, OneThreadAtATimeForEachTaker) {
  Turns turns(4);
  std::atomic<int> inside = 0;
  std::atomic<int> overlaps = 0;
  std::latch done(1);
  int left = 2000;
  Taker taker([&] {
    if (inside.fetch_add(1) != 0) ++overlaps;
    const bool more = --left > 0;
    inside.fetch_sub(1);
    if (left == 0) done.count_down();
    return more;
  });
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      for (int j = 0; j < 200; ++j) turns.ready(taker);
    });
  }
  done.wait();
  for (auto& caller : callers) caller.join();
  turns.retire(taker);
  EXPECT_EQ(overlaps, 0);
}

TEST(Turns, ReadyDuringATurnGivesAnother) {
  Turns turns(1);
  std::latch first_began(1);
  std::latch go_on(1);
  std::latch second_came(1);
  int count = 0;
  Taker taker([&] {
    if (++count == 1) {
      first_began.count_down();
      go_on.wait();
    } else if (count == 2) {
      second_came.count_down();
    }
    return false;
  });
  turns.ready(taker);
  first_began.wait();
  turns.ready(taker);
  go_on.count_down();
  second_came.wait();
  turns.retire(taker);
  EXPECT_EQ(count, 2);
}

TEST(Turns, RetireWaitsForTheTurnUnderWay) {
  Turns turns(2);
  std::latch began(1);
  std::atomic<bool> over = false;
  bool first = true;  // a latch must not be counted below zero: it would never open again
  Taker taker([&] {
    if (std::exchange(first, false)) began.count_down();
    for (int i = 0; i < 100; ++i) std::this_thread::yield();
    over = true;
    return true;
  });
  turns.ready(taker);
  began.wait();
  turns.retire(taker);
  EXPECT_TRUE(over);
  turns.ready(taker);  // no effect any more
}

TEST(Turns, RetireTakesOutOfTheLine) {
  Turns turns(1);
  std::latch began(1);
  std::latch go_on(1);
  Taker busy([&] {
    began.count_down();
    go_on.wait();
    return false;
  });
  bool had_a_turn = false;
  turns.ready(busy);
  began.wait();
  {
    Taker waiting([&] { return had_a_turn = true; });
    turns.ready(waiting);
    turns.retire(waiting);
  }
  go_on.count_down();
  turns.retire(busy);
  EXPECT_FALSE(had_a_turn);
}

}  // namespace
}  // namespace sotto::supervision

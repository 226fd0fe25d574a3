#include "supervision/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace sotto::supervision {
namespace {

using namespace std::chrono_literals;

SupervisionTime at(milliseconds time) { return SupervisionTime{} + 1h + time; }

TEST(BackOff, DoublesUpToItsLargestAndBeginsAgain) {
  BackOff back_off(100ms, 1000ms);
  for (const milliseconds expected : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    EXPECT_EQ(back_off.next(), expected);
  }
  back_off.reset();
  EXPECT_EQ(back_off.next(), 100ms);
}

TEST(CircuitBreaker, OpensAfterSoManyFailuresInARow) {
  CircuitBreaker breaker(3, 10s);
  breaker.failed(at(0ms));
  breaker.failed(at(1ms));
  breaker.succeeded();
  breaker.failed(at(2ms));
  breaker.failed(at(3ms));
  EXPECT_TRUE(breaker.allows(at(4ms)));
  EXPECT_EQ(breaker.remaining(at(4ms)), 0ms);
  breaker.failed(at(4ms));
  EXPECT_FALSE(breaker.allows(at(4ms)));
  EXPECT_FALSE(breaker.allows(at(10'003ms)));
  EXPECT_EQ(breaker.remaining(at(1'004ms)), 9'000ms);
}

TEST(CircuitBreaker, AllowsOneProbeAndClosesOnItsSuccess) {
  CircuitBreaker breaker(1, 10s);
  breaker.failed(at(0ms));
  EXPECT_TRUE(breaker.allows(at(10s)));
  EXPECT_FALSE(breaker.allows(at(10s)));
  breaker.succeeded();
  EXPECT_TRUE(breaker.allows(at(10s)));
  EXPECT_TRUE(breaker.allows(at(10s)));
}

TEST(CircuitBreaker, AFailedProbeOpensItForAsLongAgain) {
  CircuitBreaker breaker(2, 10s);
  breaker.failed(at(0ms));
  breaker.failed(at(0ms));
  EXPECT_TRUE(breaker.allows(at(11s)));
  breaker.failed(at(12s));
  EXPECT_FALSE(breaker.allows(at(21'999ms)));
  EXPECT_TRUE(breaker.allows(at(22s)));
}

}  // namespace
}  // namespace sotto::supervision

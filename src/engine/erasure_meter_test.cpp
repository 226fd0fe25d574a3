#include "engine/erasure_meter.hpp"

namespace sotto::engine {
namespace {

TEST(ErasureMeter, CountsWordsTakenBackOverWordsLeft) {
  ErasureMeter meter;
  meter.shown(1, "a b c");
  meter.shown(1, "a x");
  meter.shown(1, "a x y z");
  EXPECT_DOUBLE_EQ(meter.value(), 2.0 / 4.0);
}

}  // namespace
}  // namespace sotto::engine

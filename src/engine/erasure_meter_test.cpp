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

TEST(ErasureMeter, AWordInOtherLettersIsNotTakenBack) {
  const char* lines[] = {"we don't", "We don’t,", "“We don't — go", "we don't go. Élan",
                         "We don't go élan"};
  ErasureMeter meter;
  for (const char* line : lines) meter.shown(1, line);
  EXPECT_EQ(meter.erased(), 0u);
  EXPECT_EQ(meter.words(), 4u);
  meter.shown(1, "We don't go — Helena");
  EXPECT_EQ(meter.erased(), 1u);
}

}  // namespace
}  // namespace sotto::engine

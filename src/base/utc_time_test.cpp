#include "base/utc_time.hpp"

namespace sotto {
namespace {

TEST(UtcTime, ReadsWhatItWrites) {
  EXPECT_EQ(format_utc(UtcTime{}), "1970-01-01T00:00:00.000Z");
  for (const char* text : {"2026-01-31T12:00:00.000Z", "2024-02-29T23:59:59.999Z",
                           "1969-12-31T23:59:59.001Z", "0000-01-01T00:00:00.000Z"}) {
    const auto time = parse_utc(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_utc(*time), text);
  }
}

TEST(UtcTime, CutsWhatIsFinerThanAMillisecond) {
  EXPECT_EQ(format_utc(*parse_utc("2026-01-31T12:00:00Z")), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(format_utc(*parse_utc("2026-01-31T12:00:00.5Z")), "2026-01-31T12:00:00.500Z");
  EXPECT_EQ(format_utc(*parse_utc("2026-01-31T12:00:00.123999999Z")), "2026-01-31T12:00:00.123Z");
}

TEST(UtcTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "now", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+01:00",
        "2026-02-29T12:00:00Z", "2026-13-01T12:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00.1x3Z",
        "2026-01-31T12:00:00.1234567890Z", "2026-1 -31T12:00:00Z", "20260131T120000Z     "}) {
    const auto time = parse_utc(text);
    EXPECT_FALSE(time) << text;
    if (!time) {
      EXPECT_EQ(time.error().code, ErrorCode::invalid_argument);
    }
  }
}

}  // namespace
}  // namespace sotto

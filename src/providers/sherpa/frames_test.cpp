#include "providers/sherpa/frames.hpp"

#include <gtest/gtest.h>

namespace sotto::providers::sherpa {
namespace {

TEST(Frames, ComeOutAsTheyWentIn) {
  std::string received =
      encode(FrameKind::ready, bytes_of(22'050)) + encode(FrameKind::speech, std::string(3, '\0'));
  const auto first = take_frame(received).value();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, FrameKind::ready);
  EXPECT_EQ(number_in(first->payload), 22'050U);
  const auto second = take_frame(received).value();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->kind, FrameKind::speech);
  EXPECT_EQ(second->payload, std::string(3, '\0'));
  EXPECT_TRUE(received.empty());
}

TEST(Frames, AreWaitedForAtEachByte) {
  const std::string whole = encode(FrameKind::failed, "no");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    std::string received = whole.substr(0, bytes);
    const auto frame = take_frame(received);
    ASSERT_TRUE(frame) << bytes;
    EXPECT_FALSE(*frame) << bytes;
    EXPECT_EQ(received.size(), bytes);
  }
}

TEST(Frames, AnythingElseIsRefusedAtOnce) {
  const std::string speech = encode(FrameKind::speech, "abcd");
  std::string oversized = speech;
  for (std::string received : {std::string("R"), std::string("SV"), std::string("Sv?"),
                               std::string("SvS\x01", 4), std::string("hello world")}) {
    EXPECT_FALSE(take_frame(received)) << received;
  }
  EXPECT_FALSE(take_frame(oversized, 3));
  EXPECT_TRUE(take_frame(oversized, 4));
}

TEST(Frames, NumbersHaveFourBytes) {
  EXPECT_EQ(bytes_of(0x01020304), std::string("\x04\x03\x02\x01", 4));
  EXPECT_EQ(number_in("\xff\xff\xff\xff"), 0xffffffffU);
  EXPECT_FALSE(number_in("abc"));
  EXPECT_FALSE(number_in("abcde"));
}

}  // namespace
}  // namespace sotto::providers::sherpa

#include "server/websocket/frame_reader.hpp"

#include <rapidcheck/gtest.h>

namespace sotto::server {
namespace {

// A client's frame (RFC 6455, section 5.2): masked.
std::string frame(Opcode opcode, const std::string& payload, bool fin = true,
                  const std::string& mask = "\x37\xfa\x21\x3d") {
  std::string bytes(1, static_cast<char>((fin ? 0x80 : 0) | static_cast<int>(opcode)));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80 | payload.size());
  } else {
    bytes += static_cast<char>(0x80 | 126);
    bytes += static_cast<char>(payload.size() >> 8U);
    bytes += static_cast<char>(payload.size() & 0xFFU);
  }
  bytes += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes;
}

TEST(FrameReader, ReadsTheExampleOfTheStandard) {
  // RFC 6455, section 5.7: a masked text message, "Hello".
  FrameReader reader(100);
  std::vector<ClientMessage> messages;
  EXPECT_FALSE(reader.take("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", messages));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].opcode, Opcode::text);
  EXPECT_EQ(messages[0].payload, "Hello");
}

TEST(FrameReader, ControlFramesComeBetweenThePartsOfAMessage) {
  FrameReader reader(100);
  std::vector<ClientMessage> messages;
  EXPECT_FALSE(reader.take(frame(Opcode::text, "Hel", false) + frame(Opcode::ping, "p") +
                               frame(Opcode::continuation, "lo"),
                           messages));
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].opcode, Opcode::ping);
  EXPECT_EQ(messages[1].payload, "Hello");
}

TEST(FrameReader, RefusesWhatTheStandardForbids) {
  std::string unmasked = "\x81\x05Hello";
  std::string reserved = frame(Opcode::text, "x");
  reserved[0] = static_cast<char>(reserved[0] | 0x40);
  const std::vector<std::pair<std::string, int>> cases = {
      {unmasked, 1002},
      {reserved, 1002},
      {frame(Opcode::continuation, "x"), 1002},
      {frame(Opcode::text, "x", false) + frame(Opcode::text, "y"), 1002},
      {frame(Opcode::ping, "x", false), 1002},
      {frame(Opcode::ping, std::string(126, 'x')), 1002},
      {frame(static_cast<Opcode>(3), "x"), 1002},
      {frame(static_cast<Opcode>(11), "x"), 1002},
      {frame(Opcode::text, std::string(101, 'x')), 1009},
      {frame(Opcode::text, std::string(60, 'x'), false) +
           frame(Opcode::continuation, std::string(60, 'x')),
       1009},
      {frame(Opcode::text, "\xff"), 1007},
      {frame(Opcode::text, "caf\xc3"), 1007},
      {frame(Opcode::text, "caf\xc3", false) + frame(Opcode::continuation, "x"), 1007},
      {frame(Opcode::text, "\xed\xa0\x80"), 1007},
      {frame(Opcode::close, "x"), 1002},
      {frame(Opcode::close, "\x03\xed"), 1002},
      {frame(Opcode::close, std::string("\x00\x01", 2)), 1002},
      {frame(Opcode::close, "\x13\x88"), 1002},
      {frame(Opcode::close, "\x03\xe8\xff"), 1007},
      {std::string("\x81\xfe\x00\x01mask?", 9), 1002},
      {std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10) + "mask", 1009},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    FrameReader reader(100);
    std::vector<ClientMessage> messages;
    EXPECT_EQ(reader.take(cases[i].first, messages), cases[i].second) << i;
  }
}

TEST(FrameReader, ACharacterMayBeCutBetweenFrames) {
  FrameReader reader(100);
  std::vector<ClientMessage> messages;
  EXPECT_FALSE(reader.take(frame(Opcode::text, "caf\xc3", false) +
                               frame(Opcode::continuation, "\xa9") + frame(Opcode::close, "") +
                               frame(Opcode::close, "\x0b\xb8 bye"),
                           messages));
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[0].payload, "caf\xc3\xa9");
}

RC_GTEST_PROP(FrameReader, TheCutOfTheBytesDoesNotMatter,
              (const std::vector<std::string>& payloads)) {
  std::string bytes;
  std::vector<std::string> whole;
  for (std::string payload : payloads) {
    payload.resize(std::min<std::size_t>(payload.size(), 200));
    const std::size_t middle = payload.size() / 2;
    bytes += frame(Opcode::binary, payload.substr(0, middle), false);
    bytes += frame(Opcode::continuation, payload.substr(middle));
    whole.push_back(payload);
  }
  FrameReader reader(200);
  std::vector<ClientMessage> messages;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 20);
    RC_ASSERT(!reader.take(std::string_view(bytes).substr(at, size), messages));
    at += size;
  }
  RC_ASSERT(messages.size() == whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) RC_ASSERT(messages[i].payload == whole[i]);
}

TEST(WireMessage, FramesLengthsOfAllThreeKinds) {
  EXPECT_EQ(text_message("Hi")->frame(), "\x81\x02Hi");
  const auto medium = text_message(std::string(300, 'x'));
  EXPECT_EQ(medium->frame().substr(0, 4), std::string_view("\x81\x7e\x01\x2c", 4));
  EXPECT_EQ(medium->payload().size(), 300u);
  const auto large = binary_message(std::string(70'000, 'x'));
  EXPECT_EQ(large->frame().substr(0, 10), std::string_view("\x82\x7f\0\0\0\0\0\x01\x11\x70", 10));
}

TEST(WireMessage, AReasonIsCutBetweenCharacters) {
  std::string reason(122, 'x');
  reason += "é";
  const auto message = close_message(1013, reason);
  EXPECT_EQ(message->payload().substr(0, 2), "\x03\xf5");
  EXPECT_EQ(message->payload().substr(2), std::string(122, 'x'));
}

}  // namespace
}  // namespace sotto::server

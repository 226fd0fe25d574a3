#include "providers/aws/transcribe/event_stream.hpp"

#include <rapidcheck.h>

namespace sotto::providers::aws {
namespace {

std::string bytes(std::string_view hex) {
  std::string result;
  std::string digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    result += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return result;
}

EventUuid uuid_of(std::string_view text) {
  EventUuid uuid{};
  std::copy(text.begin(), text.end(), uuid.begin());
  return uuid;
}

struct Vector {
  std::string name;
  std::string wire;
  EventMessage message;
};

// Frames that awslabs/aws-c-event-stream (tests/message_streaming_decoder_test.c) and
// boto/botocore (tests/unit/test_eventstream.py) publish, both Apache-2.0.
const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all = {
      {"empty", bytes("00000010 00000000 05c248eb 7d98c8ff"), {}},
      {"payload",
       bytes("0000001d 00000000 fd528c5a") + "{'foo':'bar'}" + bytes("c3653936"),
       {{}, "{'foo':'bar'}"}},
      {"text",
       bytes("0000003d 00000020 07fd8396 0c") + "content-type" + bytes("07 0010") +
           "application/json{'foo':'bar'}" + bytes("8d9c08b1"),
       {{{"content-type", "application/json"}}, "{'foo':'bar'}"}},
      {"int32",
       bytes("0000001e 0000000e 5d4adb8d 08") + "event-id" + bytes("04 00000020 2a4fb0ea"),
       {{{"event-id", std::int32_t{32}}}, ""}},
      {"true",
       bytes("0000001a 0000000a afa7b954 08") + "event-id" + bytes("00 6a4414ad"),
       {{{"event-id", true}}, ""}},
      {"int8",
       bytes("00000017 00000007 29860158 04") + "byte" + bytes("02 ff c2f869dc"),
       {{{"byte", std::int8_t{-1}}}, ""}},
      {"int16",
       bytes("00000019 00000009 710e923e 05") + "short" + bytes("03 ffff b27cb6cc"),
       {{{"short", std::int16_t{-1}}}, ""}},
      {"negative int32",
       bytes("0000001d 0000000d 83e3f0e7 07") + "integer" + bytes("04 ffffffff 8b8e12eb"),
       {{{"integer", std::int32_t{-1}}}, ""}},
      {"int64",
       bytes("0000001e 0000000e 5d4adb8d 04") + "long" + bytes("05 ffffffffffffffff 4bc232da"),
       {{{"long", std::int64_t{-1}}}, ""}},
      {"all ten types",
       bytes("00000062 00000052 03b5cb9c 0130 00 0131 01 0132 02 02 0133 03 0003 0134 04 00000004"
             "0135 05 0000000000000005 0136 06 0005") +
           "bytes" + bytes("0137 07 0004") + "utf8" + bytes("0138 08 0000000000000008 0139 09") +
           "0123456789abcdef" + bytes("63353671"),
       {{{"0", true},
         {"1", false},
         {"2", std::int8_t{2}},
         {"3", std::int16_t{3}},
         {"4", std::int32_t{4}},
         {"5", std::int64_t{5}},
         {"6", EventBytes{'b', 'y', 't', 'e', 's'}},
         {"7", "utf8"},
         {"8", UtcTime{milliseconds{8}}},
         {"9", uuid_of("0123456789abcdef")}},
        ""}},
      {"an error",
       bytes("00000052 00000042 bf23637e 0d") + ":message-type" + bytes("07 0005") + "error" +
           bytes("0b") + ":error-code" + bytes("07 0004") + "code" + bytes("0e") +
           ":error-message" + bytes("07 0007") + "message" + bytes("6b6cea3d"),
       {{{":message-type", "error"}, {":error-code", "code"}, {":error-message", "message"}}, ""}},
  };
  return all;
}

// Everything in a stream, or the error it ends with.
Result<std::vector<EventMessage>> decode(const std::vector<std::string_view>& pieces,
                                         std::size_t largest = usual_largest_event) {
  EventDecoder decoder(largest);
  std::vector<EventMessage> messages;
  for (const std::string_view piece : pieces) {
    decoder.feed(piece);
    for (;;) {
      auto message = decoder.next();
      if (!message) return tl::unexpected(message.error());
      if (!*message) break;
      messages.push_back(std::move(**message));
    }
  }
  if (const auto finished = decoder.finish(); !finished) return tl::unexpected(finished.error());
  return messages;
}

std::string field_of(const Result<std::vector<EventMessage>>& result) {
  return result ? "no error" : result.error().field;
}

TEST(EventStream, PublishedFramesAreEncodedAndDecoded) {
  for (const Vector& vector : vectors()) {
    EXPECT_EQ(encode_event(vector.message.headers, vector.message.payload).value(), vector.wire)
        << vector.name;
    const auto decoded = decode({vector.wire});
    ASSERT_TRUE(decoded) << vector.name << ": " << decoded.error().message;
    EXPECT_THAT(*decoded, ::testing::ElementsAre(vector.message)) << vector.name;
  }
}

TEST(EventStream, AStreamMayBeCutAtEveryByte) {
  std::string stream;
  std::vector<EventMessage> expected;
  for (const Vector& vector : vectors()) {
    stream += vector.wire;
    expected.push_back(vector.message);
  }
  const std::string_view whole = stream;
  for (std::size_t cut = 0; cut <= whole.size(); ++cut)
    ASSERT_EQ(decode({whole.substr(0, cut), whole.substr(cut)}), expected) << cut;
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < whole.size(); ++i) single.push_back(whole.substr(i, 1));
  EXPECT_EQ(decode(single), expected);
}

TEST(EventStream, AStreamThatEndsWithinAMessageIsAnError) {
  const std::string wire = vectors()[2].wire;
  for (std::size_t size = 1; size < wire.size(); ++size) {
    const auto decoded = decode({std::string_view(wire).substr(0, size)});
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::unavailable);
  }
  EXPECT_TRUE(decode({}));
}

TEST(EventStream, AnyChangedBitIsFound) {
  const std::string wire = vectors()[9].wire;
  for (std::size_t i = 0; i < wire.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = wire;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_EQ(field_of(decode({changed})), i < 12 ? "prelude_crc" : "message_crc") << i;
    }
}

// A frame with right checksums around whatever it says.
std::string framed(std::uint32_t total, std::uint32_t headers_size, std::string_view rest) {
  const auto put = [](std::string& out, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFFU);
  };
  std::string out;
  put(out, total);
  put(out, headers_size);
  put(out, crc32(out));
  out += rest;
  put(out, crc32(out));
  return out;
}

TEST(EventStream, LengthsThatCannotBeAreErrorsBeforeTheMessageIsThere) {
  EXPECT_EQ(field_of(decode({framed(15, 0, "")})), "total_length");
  EXPECT_EQ(field_of(decode({framed(0, 0, "")})), "total_length");
  EXPECT_EQ(field_of(decode({framed(0xFFFFFFFF, 0, "")})), "total_length");
  EXPECT_EQ(field_of(decode({framed(17, 2, "x")})), "headers_length");
  EXPECT_EQ(field_of(decode({framed(16, 0xFFFFFFFF, "")})), "headers_length");
  EXPECT_EQ(field_of(decode({framed(200'000, (128 << 10) + 1, "")})), "headers_length");
}

TEST(EventStream, TheLargestMessageIsWhatTheDecoderWasTold) {
  const std::string payload(usual_largest_event - 16, 'x');
  const std::string most = encode_event({}, payload).value();
  EXPECT_TRUE(decode({most}));
  const std::string more = encode_event({}, payload + "x").value();
  EXPECT_EQ(field_of(decode({more})), "total_length");
  EXPECT_TRUE(decode({more}, largest_event));
  EXPECT_EQ(field_of(decode({more}, 1'000)), "total_length");
  EXPECT_EQ(field_of(decode({framed(largest_event + 1, 0, "")}, std::size_t{1} << 40)),
            "total_length");
}

TEST(EventStream, HeadersThatCannotBeAreErrors) {
  const auto with_headers = [](const std::string& headers) {
    return framed(static_cast<std::uint32_t>(16 + headers.size()),
                  static_cast<std::uint32_t>(headers.size()), headers);
  };
  for (const char* headers :
       {"00 00", "01", "01 61", "05 61 00", "01 61 0a", "01 61 ff", "01 61 02", "01 61 03 00",
        "01 61 04 000000", "01 61 05 00000000000000", "01 61 06 00", "01 61 06 0001",
        "01 61 07 0005 61", "01 61 08 00", "01 61 09 00", "01 61 00 01 61 01"})
    EXPECT_EQ(field_of(decode({with_headers(bytes(headers))})), "header") << headers;
  // boto/botocore's frame with a header that comes twice
  EXPECT_EQ(
      field_of(decode({bytes("00000024 00000014 4bb982d0 04") + "test" + bytes("04") + "asdf" +
                       bytes("04") + "test" + bytes("04") + "asdf" + bytes("f3f47563")})),
      "header");
}

TEST(EventStream, AfterAnErrorThereIsNoWayBack) {
  EventDecoder decoder;
  decoder.feed(vectors()[0].wire + "this is no event stream");
  EXPECT_TRUE(decoder.next().value());
  EXPECT_EQ(decoder.next().error().field, "prelude_crc");
  decoder.feed(vectors()[0].wire);
  EXPECT_EQ(decoder.next().error().field, "prelude_crc");
  EXPECT_EQ(decoder.finish().error().field, "prelude_crc");
}

TEST(EventStream, WhatDoesNotFitIsNotEncoded) {
  const auto field = [](std::vector<EventHeader> headers, std::string_view payload = {}) {
    const auto encoded = encode_event(headers, payload);
    return encoded ? "no error" : encoded.error().field;
  };
  EXPECT_EQ(field({{"", true}}), "");
  EXPECT_EQ(field({{std::string(127, 'n'), std::string(32'767, 'x')}}), "no error");
  EXPECT_EQ(field({{std::string(128, 'n'), true}}), std::string(127, 'n'));
  EXPECT_EQ(field({{"long", std::string(32'768, 'x')}}), "long");
  EXPECT_EQ(field({{"long", EventBytes(32'768)}}), "long");
  EXPECT_EQ(field({{"twice", true}, {"twice", false}}), "twice");
  std::vector<EventHeader> many;
  for (int i = 0; i < 5; ++i) many.push_back({std::to_string(i), std::string(32'000, 'x')});
  EXPECT_EQ(field(many), "headers_length");
  EXPECT_EQ(field({}, std::string(largest_event - 15, 'x')), "total_length");
  EXPECT_EQ(field({}, std::string(largest_event - 16, 'x')), "no error");
}

TEST(EventStream, ATextIsFoundByItsName) {
  const EventMessage message{{{"number", std::int8_t{1}}, {":event-type", "AudioEvent"}}, ""};
  EXPECT_EQ(message.text(":event-type"), "AudioEvent");
  EXPECT_EQ(message.text("number"), "");
  EXPECT_EQ(message.text("none"), "");
}

TEST(EventStream, WhateverIsEncodedIsDecodedHoweverItIsCut) {
  EXPECT_TRUE(rc::check("encode, cut, decode", [] {
    std::vector<EventMessage> messages;
    std::string stream;
    for (const auto& texts :
         *rc::gen::arbitrary<std::vector<std::map<std::string, std::int64_t>>>()) {
      EventMessage message;
      for (const auto& [name, number] : texts) {
        if (name.empty() || name.size() > 127) continue;
        switch (number & 3) {
          case 0: message.headers.push_back({name, number}); break;
          case 1: message.headers.push_back({name, std::to_string(number)}); break;
          case 2: message.headers.push_back({name, EventBytes(number & 31)}); break;
          default: message.headers.push_back({name, UtcTime{milliseconds{number}}}); break;
        }
      }
      message.payload = *rc::gen::arbitrary<std::string>();
      stream += encode_event(message.headers, message.payload).value();
      messages.push_back(std::move(message));
    }
    std::vector<std::string_view> pieces;
    for (std::string_view rest = stream; !rest.empty();) {
      const auto size = *rc::gen::inRange<std::size_t>(1, 40);
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    RC_ASSERT(decode(pieces) == messages);
  }));
}

TEST(Crc32, PinnedValues) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);  // the check value of CRC-32/ISO-HDLC
  EXPECT_EQ(crc32("6789", crc32("12345")), 0xCBF43926U);
  EXPECT_EQ(crc32(""), 0U);
}

}  // namespace
}  // namespace sotto::providers::aws

#include "providers/espeak/wav.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sotto::providers::espeak {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string bytes(std::string_view text) { return std::string(text); }

using namespace std::string_view_literals;

const std::string riff = bytes("RIFF\x24\xf0\xff\x7fWAVE"sv);
const std::string format =
    bytes("fmt \x10\0\0\0\x01\0\x01\0\x22\x56\0\0\x44\xac\0\0\x02\0\x10\0"sv);
const std::string data = bytes("data\0\xf0\xff\x7f"sv);  // a size that is only a promise

TEST(StreamedWav, EverythingAfterTheDataChunksBeginningIsSamples) {
  const auto audio = parse_streamed_wav(riff + format + data + bytes("\x01\0\xff\xff\0\x80"sv));
  ASSERT_TRUE(audio.has_value()) << audio.error().message;
  EXPECT_EQ(audio->sample_rate, 22'050);
  EXPECT_THAT(audio->samples, ElementsAre(1, -1, -32'768));
}

TEST(StreamedWav, MayHaveNoSamplesAndOtherChunks) {
  const std::string list = bytes("LIST\x03\0\0\0abc\0"sv);  // padded to an even length
  const auto audio = parse_streamed_wav(riff + list + format + list + data);
  ASSERT_TRUE(audio.has_value()) << audio.error().message;
  EXPECT_THAT(audio->samples, IsEmpty());
}

TEST(StreamedWav, RefusesWhatIsNoSpeech) {
  const auto with = [](std::size_t at, char value) {
    std::string other = format;
    other[at] = value;
    return riff + other + data + "\x01\x02";
  };
  ASSERT_TRUE(parse_streamed_wav(with(8, '\x01')).has_value());
  for (const std::string& other :
       {std::string(), std::string("y\ny\ny\ny\ny\ny\ny\n"), std::string("RIFF"), riff,
        riff + format, riff + data, riff + format + "da", riff + format + data + "odd",
        riff + bytes("LIST\xff\xff\xff\xff"sv) + format + data,
        riff + bytes("fmt \x04\0\0\0\x01\0\x01\0"sv) + data, riff + data + format,
        with(8, '\x03') /* floating point */, with(10, '\x02') /* two channels */,
        with(22, '\x08') /* 8 bits */, with(13, '\0') /* 34 Hz */, with(14, '\x01') /* 87 kHz */}) {
    const auto audio = parse_streamed_wav(other);
    ASSERT_FALSE(audio.has_value()) << other;
    EXPECT_EQ(audio.error().code, ErrorCode::unavailable);
  }
}

}  // namespace
}  // namespace sotto::providers::espeak

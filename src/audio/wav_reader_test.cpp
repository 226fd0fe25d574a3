#include "audio/wav_reader.hpp"

#include <unistd.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>

namespace sotto::audio {
namespace {

namespace fs = std::filesystem;

std::string u16(unsigned value) {
  return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8 & 0xFF)};
}

std::string u32(std::uint32_t value) { return u16(value & 0xFFFF) + u16(value >> 16); }

struct WavParts {
  int rate = 16000;
  int channels = 1;
  int bits = 16;
  int tag = 1;  // 1 PCM, 3 float, 7 mu-law
  std::string before_data{};
  std::string samples{};
  std::optional<std::uint32_t> data_size{};
};

std::string chunk(const std::string& id, const std::string& body) {
  return id + u32(static_cast<std::uint32_t>(body.size())) + body +
         std::string(body.size() % 2, '\0');
}

std::string wav(const WavParts& parts) {
  const int frame = parts.channels * parts.bits / 8;
  const std::string format =
      u16(static_cast<unsigned>(parts.tag)) + u16(static_cast<unsigned>(parts.channels)) +
      u32(static_cast<std::uint32_t>(parts.rate)) +
      u32(static_cast<std::uint32_t>(parts.rate * frame)) + u16(static_cast<unsigned>(frame)) +
      u16(static_cast<unsigned>(parts.bits));
  const auto size = static_cast<std::uint32_t>(parts.samples.size());
  const std::string body = "WAVE" + chunk("fmt ", format) + parts.before_data + "data" +
                           u32(parts.data_size.value_or(size)) + parts.samples;
  return "RIFF" + u32(static_cast<std::uint32_t>(body.size())) + body;
}

std::string pcm(const std::vector<int>& samples) {
  std::string bytes;
  for (const int sample : samples) bytes += u16(static_cast<unsigned>(sample) & 0xFFFF);
  return bytes;
}

std::string floats(const std::vector<float>& samples) {
  std::string bytes(samples.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  return bytes;
}

class WavReaderTest : public ::testing::Test {
 protected:
  WavReaderTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              ("wav_reader_" + std::string(test->name()) + "_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~WavReaderTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  fs::path write(const std::string& name, const std::string& bytes) {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  // The samples of a file, read in pieces of two; a failure is reported and gives none.
  std::vector<std::int16_t> read_all(const fs::path& path) {
    auto reader = WavReader::open(path);
    if (!reader) {
      ADD_FAILURE() << reader.error().message;
      return {};
    }
    std::vector<std::int16_t> all;
    std::array<std::int16_t, 2> piece{};
    for (;;) {
      const auto count = reader->read(piece);
      EXPECT_TRUE(count);
      if (!count || *count == 0) break;
      all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*count));
    }
    EXPECT_EQ(all.size(), reader->frames());
    return all;
  }

  void expect_refused(const fs::path& path, ErrorCode code, const std::string& part) {
    const auto reader = WavReader::open(path);
    ASSERT_FALSE(reader) << path;
    EXPECT_EQ(reader.error().code, code);
    EXPECT_THAT(reader.error().message, ::testing::StartsWith(path.string() + ": "));
    EXPECT_THAT(reader.error().message, ::testing::HasSubstr(part));
    EXPECT_THAT(reader.error().message, ::testing::Not(::testing::HasSubstr("\n")));
  }

  fs::path folder_;
};

TEST_F(WavReaderTest, ReadsSixteenBitSamplesExactly) {
  const std::vector<int> samples{0, 1, -1, 32767, -32768, 1234, -4321};
  const auto path = write("a.wav", wav({.rate = 22050, .samples = pcm(samples)}));
  EXPECT_THAT(read_all(path), ::testing::ElementsAreArray(samples));
  EXPECT_EQ(WavReader::open(path)->sample_rate(), 22050);
  EXPECT_EQ(WavReader::open(path)->channels(), 1);
}

TEST_F(WavReaderTest, MixesTwoChannels) {
  const auto path =
      write("stereo.wav", wav({.channels = 2, .samples = pcm({100, 300, -32768, -32768, 7, -7})}));
  EXPECT_THAT(read_all(path), ::testing::ElementsAre(200, -32768, 0));
  EXPECT_EQ(WavReader::open(path)->channels(), 2);
}

TEST_F(WavReaderTest, ReadsFloatsClippedAndWithoutNaN) {
  const auto path = write(
      "float.wav",
      wav({.bits = 32, .tag = 3, .samples = floats({0.5f, -0.25f, 2.0f, -2.0f, std::nanf("")})}));
  EXPECT_THAT(read_all(path), ::testing::ElementsAre(16384, -8192, 32767, -32768, 0));
}

TEST_F(WavReaderTest, ReadsEightAndTwentyFourBits) {
  const auto eight =
      write("8.wav", wav({.bits = 8, .samples = std::string("\x80\xFF\x00\x40", 4)}));
  EXPECT_THAT(read_all(eight), ::testing::ElementsAre(0, 32512, -32768, -16384));
  const auto deep =
      write("24.wav", wav({.bits = 24, .samples = std::string("\x00\x00\x40\x00\x00\xC0", 6)}));
  EXPECT_THAT(read_all(deep), ::testing::ElementsAre(16384, -16384));
}

TEST_F(WavReaderTest, SkipsOtherChunks) {
  const auto path =
      write("list.wav", wav({.before_data = chunk("LIST", "INFOabc"), .samples = pcm({5, 6, 7})}));
  EXPECT_THAT(read_all(path), ::testing::ElementsAre(5, 6, 7));
}

TEST_F(WavReaderTest, ReadsAPipesUnknownLengthToTheEnd) {
  for (const std::uint32_t size : {0xFFFFFFFFu, 0u, 0x7FFFF000u}) {
    const auto path = write("pipe.wav", wav({.samples = pcm({5, 6, 7, 8}), .data_size = size}));
    EXPECT_THAT(read_all(path), ::testing::ElementsAre(5, 6, 7, 8)) << size;
  }
}

TEST_F(WavReaderTest, ReadsRf64) {
  const std::string samples = pcm({1, 2, 3});
  std::string body = wav({.before_data = "", .samples = samples, .data_size = 0xFFFFFFFF});
  const std::string sizes = u32(0) + u32(0) + u32(6) + u32(0) + u32(3) + u32(0) + u32(0);
  body = "RF64" + u32(0xFFFFFFFF) + "WAVE" + chunk("ds64", sizes) + body.substr(12);
  EXPECT_THAT(read_all(write("long.wav", body)), ::testing::ElementsAre(1, 2, 3));
}

TEST_F(WavReaderTest, RefusesWhatIsNotThere) {
  expect_refused(folder_ / "none.wav", ErrorCode::not_found, "no such file");
  expect_refused(folder_, ErrorCode::invalid_argument, "folder");
  expect_refused(write("empty.wav", ""), ErrorCode::invalid_argument, "empty file");
  expect_refused(write("zero.wav", wav({})), ErrorCode::invalid_argument, "no audio");
}

TEST_F(WavReaderTest, RefusesOtherFormatsAndSaysHowToConvert) {
  expect_refused(write("talk.mp3", "ID3\4this is no WAV file"), ErrorCode::invalid_argument,
                 "not a WAV file; convert it with: ffmpeg -i talk.mp3 -ar 16000 -ac 1 talk.wav");
  expect_refused(write("talk.wav", "OggS and so on, and so on"), ErrorCode::invalid_argument,
                 "ffmpeg -i talk.wav -ar 16000 -ac 1 talk-16k.wav");
  expect_refused(write("short.wav", "RIFF"), ErrorCode::invalid_argument, "not a WAV file");
  expect_refused(write("mulaw.wav", wav({.bits = 8, .tag = 7, .samples = "abcdefgh"})),
                 ErrorCode::invalid_argument, "compressed WAV");
}

TEST_F(WavReaderTest, RefusesADamagedHeader) {
  const std::string whole = wav({.samples = pcm({1, 2, 3})});
  expect_refused(write("cut.wav", whole.substr(0, 30)), ErrorCode::invalid_argument, "damaged");
  expect_refused(write("none.wav", whole.substr(0, 36)), ErrorCode::invalid_argument, "no audio");
  expect_refused(write("tag.wav", wav({.channels = 0, .samples = pcm({1, 2, 3})})),
                 ErrorCode::invalid_argument, "");
}

TEST_F(WavReaderTest, RefusesATruncatedFileAndSaysByHowMuch) {
  const std::string whole = wav({.samples = std::string(16000 * 2 * 3, '\1')});
  expect_refused(write("cut.wav", whole.substr(0, 44 + 16000 * 2)), ErrorCode::invalid_argument,
                 "truncated: 1.0 s of audio there, 3.0 s promised");
}

TEST_F(WavReaderTest, RefusesRatesAndChannelsOutsideTheRange) {
  expect_refused(write("low.wav", wav({.rate = 7999, .samples = pcm({1, 2})})),
                 ErrorCode::invalid_argument, "7999 Hz is outside 8000 to 48000 Hz");
  expect_refused(write("high.wav", wav({.rate = 96000, .samples = pcm({1, 2})})),
                 ErrorCode::invalid_argument, "96000 Hz");
  expect_refused(write("surround.wav", wav({.channels = 6, .samples = pcm({1, 2, 3, 4, 5, 6})})),
                 ErrorCode::invalid_argument, "6 channels");
}

}  // namespace
}  // namespace sotto::audio

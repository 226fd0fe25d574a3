#include "audio/wav_reader.hpp"

#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

namespace sotto::audio {
namespace {

// What a walk over the file's chunks finds; libsndfile itself reads a truncated file in silence.
struct Layout {
  std::uint32_t bytes_per_second = 0;
  std::uint64_t promised_bytes = 0;  // of audio; 0 where the header leaves it open
  std::uint64_t present_bytes = 0;
  std::uint64_t data_position = 0;
  bool has_format = false;
  bool has_data = false;
};

std::string command_to_convert(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::string stem = path.stem().string();
  const std::string target = path.extension() == ".wav" ? stem + "-16k.wav" : stem + ".wav";
  return "convert it with: ffmpeg -i " + name + " -ar 16000 -ac 1 " + target;
}

tl::unexpected<Error> refuse(const std::filesystem::path& path, const std::string& reason) {
  return fail(ErrorCode::invalid_argument, path.string() + ": " + reason);
}

std::uint64_t little_endian(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// Programs that write a WAV file to a pipe cannot go back to fill in its length. ffmpeg leaves all
// bits set, others zero, SoX the largest length below 2^31 that is a whole number of pages.
bool length_left_open(std::uint64_t size) {
  return size == 0 || size == 0xFFFFFFFF || size == 0x7FFFF000 || size == 0x7FFFFFFF;
}

std::uint64_t bytes_left(std::uint64_t file_size, std::uint64_t position) {
  return file_size > position ? file_size - position : 0;
}

// Walks the chunks up to the audio itself (Microsoft's RIFF; RF64 of EBU Tech 3306). Nothing when
// this is no WAV file at all.
std::optional<Layout> walk_chunks(std::istream& file, std::uint64_t file_size) {
  std::array<char, 28> bytes{};
  if (!file.read(bytes.data(), 12)) return std::nullopt;
  const std::string_view form(bytes.data(), 4);
  if ((form != "RIFF" && form != "RF64") || std::string_view(&bytes[8], 4) != "WAVE") {
    return std::nullopt;
  }
  const bool is_rf64 = form == "RF64";
  Layout layout;
  std::uint64_t long_data_size = 0;
  std::uint64_t position = 12;
  while (file.seekg(static_cast<std::streamoff>(position)) && file.read(bytes.data(), 8)) {
    const std::string_view id(bytes.data(), 4);
    const std::uint64_t size = little_endian(&bytes[4], 4);
    position += 8;
    if (id == "data") {
      const bool is_long = is_rf64 && size == 0xFFFFFFFF && long_data_size != 0;
      layout.has_data = true;
      layout.data_position = position;
      layout.present_bytes = bytes_left(file_size, position);
      layout.promised_bytes = is_long ? long_data_size : (length_left_open(size) ? 0 : size);
      break;
    }
    const bool is_format = std::string_view(bytes.data(), 4) == "fmt ";
    const bool is_sizes = std::string_view(bytes.data(), 4) == "ds64";
    if (is_format && size >= 16 && file.read(bytes.data(), 16)) {
      layout.has_format = true;
      layout.bytes_per_second = static_cast<std::uint32_t>(little_endian(&bytes[8], 4));
    } else if (is_sizes && size >= 28 && file.read(bytes.data(), 28)) {
      long_data_size = little_endian(&bytes[8], 8);
    }
    position += size + size % 2;
  }
  return layout;
}

std::string seconds_text(std::uint64_t bytes, std::uint32_t bytes_per_second) {
  std::array<char, 32> text{};
  const double seconds = static_cast<double>(bytes) /
                         static_cast<double>(std::max<std::uint32_t>(1, bytes_per_second));
  std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

Result<Layout> check_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return fail(ErrorCode::not_found, path.string() + ": no such file; check the name");
  }
  if (std::filesystem::is_directory(status)) {
    return refuse(path, "a folder, not a recording; name one WAV file in it");
  }
  const std::uint64_t file_size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) {
    return fail(ErrorCode::permission_denied,
                path.string() + ": cannot be read; check its permissions");
  }
  if (file_size == 0) return refuse(path, "empty file; record or copy it again");

  const auto layout = walk_chunks(file, file_size);
  if (!layout) return refuse(path, "not a WAV file; " + command_to_convert(path));
  if (!layout->has_format) return refuse(path, "damaged WAV header; record or copy it again");
  if (layout->promised_bytes > layout->present_bytes) {
    return refuse(path,
                  "truncated: " + seconds_text(layout->present_bytes, layout->bytes_per_second) +
                      " of audio there, " +
                      seconds_text(layout->promised_bytes, layout->bytes_per_second) +
                      " promised; copy it again, or keep what is there: ffmpeg -i " +
                      path.filename().string() + " " + path.stem().string() + "-cut.wav");
  }
  if (!layout->has_data || layout->present_bytes == 0) {
    return refuse(path, "holds no audio; record or copy it again");
  }
  return *layout;
}

// Bytes of one sample; 0 for what is neither PCM nor float.
std::uint64_t sample_bytes(int format) {
  switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_S8: return 1;
    case SF_FORMAT_PCM_16: return 2;
    case SF_FORMAT_PCM_24: return 3;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_FLOAT: return 4;
    case SF_FORMAT_DOUBLE: return 8;
    default: return 0;
  }
}

Result<> check_format(const std::filesystem::path& path, const SF_INFO& info) {
  if (sample_bytes(info.format) == 0) {
    return refuse(path, "compressed WAV, only PCM and float are read; " + command_to_convert(path));
  }
  if (info.samplerate < WavReader::min_sample_rate ||
      info.samplerate > WavReader::max_sample_rate) {
    return refuse(path, std::to_string(info.samplerate) + " Hz is outside " +
                            std::to_string(WavReader::min_sample_rate) + " to " +
                            std::to_string(WavReader::max_sample_rate) + " Hz; " +
                            command_to_convert(path));
  }
  if (info.channels > WavReader::max_channels) {
    return refuse(path, std::to_string(info.channels) + " channels, at most " +
                            std::to_string(WavReader::max_channels) + " are read; " +
                            command_to_convert(path));
  }
  if (info.frames <= 0) return refuse(path, "holds no audio; record or copy it again");
  return {};
}

// libsndfile takes a data chunk of length 0 at its word. Read as headerless samples of the same
// kind, the file reaches to its end.
SNDFILE* reopen_without_header(const std::filesystem::path& path, const Layout& layout,
                               SF_INFO& info) {
  info.format = SF_FORMAT_RAW | SF_ENDIAN_LITTLE | (info.format & SF_FORMAT_SUBMASK);
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  if (file == nullptr) return nullptr;
  auto start = static_cast<sf_count_t>(layout.data_position);
  sf_command(file, SFC_SET_RAW_START_OFFSET, &start, sizeof(start));
  sf_seek(file, 0, SEEK_SET);
  const std::uint64_t frame_bytes =
      sample_bytes(info.format) * static_cast<unsigned>(info.channels);
  info.frames = static_cast<sf_count_t>(layout.present_bytes / frame_bytes);
  return file;
}

std::int16_t to_sample(float value) {
  if (std::isnan(value)) return 0;
  return static_cast<std::int16_t>(std::lrint(std::clamp(value * 32768.0f, -32768.0f, 32767.0f)));
}

}  // namespace

void WavReader::Close::operator()(sf_private_tag* file) const { sf_close(file); }

Result<WavReader> WavReader::open(const std::filesystem::path& path) {
  const auto layout = check_file(path);
  if (!layout) return tl::unexpected(layout.error());

  SF_INFO info{};
  WavReader reader;
  reader.file_.reset(sf_open(path.c_str(), SFM_READ, &info));
  if (!reader.file_) {
    return refuse(path, "damaged WAV file; " + command_to_convert(path));
  }
  if (info.frames == 0 && layout->promised_bytes == 0 && sample_bytes(info.format) > 0) {
    reader.file_.reset(reopen_without_header(path, *layout, info));
  }
  if (auto checked = check_format(path, info); !checked) return tl::unexpected(checked.error());

  reader.sample_rate_ = info.samplerate;
  reader.channels_ = info.channels;
  reader.frames_ = static_cast<std::uint64_t>(info.frames);
  return reader;
}

Result<std::size_t> WavReader::read(std::span<std::int16_t> mono) {
  const auto channels = static_cast<std::size_t>(channels_);
  interleaved_.resize(mono.size() * channels);
  const sf_count_t got =
      sf_readf_float(file_.get(), interleaved_.data(), static_cast<sf_count_t>(mono.size()));
  if (got < 0 || sf_error(file_.get()) != SF_ERR_NO_ERROR) {
    return fail(ErrorCode::unavailable, "the rest of the recording cannot be read; check the disk");
  }
  const auto frames = static_cast<std::size_t>(got);
  for (std::size_t i = 0; i < frames; ++i) {
    float sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += interleaved_[i * channels + c];
    mono[i] = to_sample(sum / static_cast<float>(channels));
  }
  return frames;
}

}  // namespace sotto::audio

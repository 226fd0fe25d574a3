#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"

struct sf_private_tag;  // libsndfile's SNDFILE

namespace sotto::audio {

/// Reads a WAV or RF64 file as mono 16-bit samples at the file's own rate, a piece at a time: a
/// long recording is never held whole. Not thread-safe; movable.
class WavReader {
 public:
  static constexpr int min_sample_rate = 8000;
  static constexpr int max_sample_rate = 48000;
  static constexpr int max_channels = 2;

  /// Opens `path`: PCM or float samples, 8,000 to 48,000 Hz, one or two channels. A data chunk of
  /// unknown length, as programs that write to a pipe leave it, reaches to the end of the file.
  /// Errors: `not_found`; `invalid_argument` for a folder, an empty file, another format, a file
  /// that is shorter than its header promises, one without audio, or a rate or channel count
  /// outside the range. Each message is one line that names the file and says what to do.
  static Result<WavReader> open(const std::filesystem::path& path);

  /// Samples per second of what read() gives.
  int sample_rate() const { return sample_rate_; }

  /// The file's channels; read() gives their mean.
  int channels() const { return channels_; }

  /// The file's length in samples of one channel.
  std::uint64_t frames() const { return frames_; }

  /// Fills `mono` with the next samples and returns how many there were: less than asked for only
  /// at the file's end, then 0. Errors: `unavailable` when the disk fails.
  Result<std::size_t> read(std::span<std::int16_t> mono);

 private:
  struct Close {
    void operator()(sf_private_tag* file) const;
  };

  WavReader() = default;

  std::unique_ptr<sf_private_tag, Close> file_;
  int sample_rate_ = 0;
  int channels_ = 0;
  std::uint64_t frames_ = 0;
  std::vector<float> interleaved_;
};

}  // namespace sotto::audio

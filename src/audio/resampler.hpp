#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "base/sample_clock.hpp"

struct SRC_STATE_tag;  // libsamplerate's SRC_STATE

namespace sotto::audio {

/// Brings mono 16-bit samples to 16 kHz, what recognisers take, piece by piece (libsamplerate's
/// fastest band-limited converter; samples that are at 16 kHz already pass unchanged). The result
/// is the same however the input is cut. Not thread-safe; movable.
class Resampler {
 public:
  static constexpr int target_rate = sample_rate;

  /// From `from_rate` samples per second, 8,000 to 48,000. Errors: `invalid_argument` outside it.
  static Result<Resampler> create(int from_rate);

  /// Appends to `out` what is ready after `in`: the converter holds back some ms.
  void process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out);

  /// Appends what was held back, so that `out` is as long as the input to the sample, and begins
  /// anew.
  void flush(std::vector<std::int16_t>& out);

 private:
  struct Delete {
    void operator()(SRC_STATE_tag* state) const;
  };

  Resampler() = default;
  void convert(bool at_end, std::vector<std::int16_t>& out);

  std::unique_ptr<SRC_STATE_tag, Delete> state_;  // empty at 16 kHz
  int from_rate_ = target_rate;
  std::uint64_t taken_ = 0;
  std::uint64_t given_ = 0;
  std::vector<float> in_;
  std::vector<float> out_;
};

}  // namespace sotto::audio

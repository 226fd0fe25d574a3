#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

namespace sotto::audio {

/// How loud the last second of audio was, in dB relative to full scale (a full-scale square wave is
/// 0 dBFS); quiet_dbfs at the least.
struct Level {
  double rms_dbfs = 0;
  double peak_dbfs = 0;
};

/// What is wrong with how a talk is picked up.
struct LevelFaults {
  bool silence = false;    ///< nothing above the noise of an open microphone for five seconds
  bool too_quiet = false;  ///< something, but too faint to be recognised well
  bool clipping = false;   ///< in the last second samples stood at the limit
  friend bool operator==(const LevelFaults&, const LevelFaults&) = default;
};

/// Measures the level of 16 kHz speech in tenths of a second. Speech has pauses, so what counts is
/// the loudest tenth of the last five seconds: normal speech at a microphone peaks there at -30 to
/// -12 dBFS; below silence_dbfs there is only noise, and below too_quiet_dbfs recognisers trained
/// on normal levels lose words. Not thread-safe.
class LevelMeter {
 public:
  /// Takes 16 kHz samples, any number.
  void take(std::span<const std::int16_t> samples);

  /// Of the last second that is complete in tenths.
  Level level() const;
  LevelFaults faults() const;

  static constexpr double quiet_dbfs = -96;
  static constexpr double silence_dbfs = -60;
  static constexpr double too_quiet_dbfs = -42;

 private:
  static constexpr std::size_t tenth = 1600;         ///< samples
  static constexpr std::size_t remembered = 50;      ///< tenths
  static constexpr std::int16_t limit = 32'700;      ///< full scale, nearly
  static constexpr std::size_t clipped_samples = 8;  ///< of a second: one may be chance

  struct Tenth {
    double energy = 0;  ///< mean square
    int peak = 0;
    std::size_t clipped = 0;
  };

  std::deque<Tenth> tenths_;  ///< newest last
  Tenth current_;
  double sum_ = 0;
  std::size_t count_ = 0;
};

}  // namespace sotto::audio

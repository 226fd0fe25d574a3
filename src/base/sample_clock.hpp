#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>

#include "base/session_time.hpp"

namespace sotto {

/// The rate that audio has from the recogniser's port on: samples a second, mono.
inline constexpr int sample_rate = 16'000;

/// A length of audio, counted in samples. Milliseconds convert to it by themselves, exactly.
using AudioLength = std::chrono::duration<std::int64_t, std::ratio<1, sample_rate>>;

/// The length of `samples` samples.
constexpr AudioLength audio_length(std::uint64_t samples) {
  return AudioLength{static_cast<AudioLength::rep>(samples)};
}

/// The same in whole milliseconds, rounded down.
constexpr milliseconds length_of(std::uint64_t samples) {
  return std::chrono::floor<milliseconds>(audio_length(samples));
}

/// How many samples a length has; none for a negative one.
constexpr std::size_t samples_in(AudioLength length) {
  return length.count() > 0 ? static_cast<std::size_t>(length.count()) : 0;
}

/// The sample that stands at a moment of a session's audio; the first for one before it.
constexpr std::uint64_t sample_at(SessionTime moment) {
  return samples_in(moment.time_since_epoch());
}

/// A length in seconds, for JSON and for people.
constexpr double to_seconds(AudioLength length) {
  return std::chrono::duration<double>(length).count();
}

}  // namespace sotto

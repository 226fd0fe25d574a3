#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// What goes over the pipes of a voice's process. A frame is `Sv`, a letter for its kind, a zero,
/// the payload's size (four bytes, the lowest first) and the payload.
namespace sotto::providers::sherpa {

enum class FrameKind : char {
  sentences = 'T',  ///< to the process: phonemes (UTF-8), one sentence a line
  ready = 'R',      ///< from it, once, first: the sample rate in Hz, four bytes, the lowest first
  speech = 'S',     ///< from it: 16-bit samples, the low byte first
  failed = 'F',     ///< from it: why there is no speech, for people
};

struct Frame {
  FrameKind kind = FrameKind::failed;
  std::string payload;
};

inline constexpr std::size_t frame_header_bytes = 8;
inline constexpr std::size_t largest_sentences_bytes = 64 * 1024;
/// Two minutes at 48,000 Hz.
inline constexpr std::size_t largest_payload_bytes = 2 * 48'000 * 120;

std::string encode(FrameKind kind, std::string_view payload);

/// Takes the first frame out of `received`; nothing where it is not all there yet. Errors:
/// `unavailable` where `received` begins with something else than a frame of at most
/// `largest_payload` bytes.
Result<std::optional<Frame>> take_frame(std::string& received,
                                        std::size_t largest_payload = largest_payload_bytes);

/// The number in four bytes, the lowest first; nothing for another size.
std::optional<std::uint32_t> number_in(std::string_view payload);
std::string bytes_of(std::uint32_t number);

}  // namespace sotto::providers::sherpa

#pragma once

#include <string_view>

#include "base/result.hpp"
#include "ports/synthesiser.hpp"

namespace sotto::providers::espeak {

/// Reads a WAV file as a program writes it into a pipe: its sizes were written before the length
/// was known, so everything from the `data` chunk's beginning to the end is samples. Errors:
/// `unavailable` for anything else than 16-bit mono PCM of 8,000 to 48,000 Hz.
Result<ports::SpokenAudio> parse_streamed_wav(std::string_view bytes);

}  // namespace sotto::providers::espeak

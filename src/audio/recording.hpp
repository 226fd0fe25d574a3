#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/result.hpp"

namespace sotto::audio {

/// A whole recording at 16 kHz: for tools; a talk is read piece by piece. Errors: WavReader's and
/// Resampler's.
Result<std::vector<std::int16_t>> read_recording(const std::filesystem::path& path);

}  // namespace sotto::audio

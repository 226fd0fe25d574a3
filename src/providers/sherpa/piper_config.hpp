#pragma once

#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::providers::sherpa {

/// What Piper's `VOICE.onnx.json` says of a voice, and what sherpa-onnx needs to know of it.
struct PiperConfig {
  Language language;         ///< two letters
  std::string espeak_voice;  ///< whose phonemes it was trained with, such as `en-us`
  std::string name;          ///< for people, such as `joe`; empty where it is not told
  int sample_rate = 0;       ///< Hz, 8,000 to 48,000
  float noise_scale = 0.667F, length_scale = 1.0F, noise_w = 0.8F;
  /// sherpa-onnx's `tokens.txt`: a line for each phoneme, with its number.
  std::string tokens;
  /// To be appended to the ONNX file: entries of `metadata_props` (field 14 of a ModelProto,
  /// onnx.proto; a message may be continued behind its end, protobuf's "last one wins"), as
  /// sherpa-onnx's scripts/piper/add_meta_data.py writes them.
  std::string metadata;
};

/// Reads a Piper voice's description. Errors: `invalid_argument` naming the member, also for voices
/// that are not trained with espeak-ng's phonemes.
Result<PiperConfig> parse_piper_config(std::string_view text);

}  // namespace sotto::providers::sherpa

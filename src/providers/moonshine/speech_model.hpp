#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "providers/moonshine/onnx_runtime.hpp"
#include "providers/moonshine/vocabulary.hpp"

namespace sotto::providers::moonshine {

/// A decoded token and how likely the model found it at its place, 0 to 1.
struct Token {
  TokenId id = 0;
  float probability = 0;

  friend bool operator==(const Token&, const Token&) = default;
};

/// What is asked of a model for one stretch of sound.
struct Request {
  /// Tokens that the answer begins with, whatever the model thinks: words that were decided before.
  std::span<const TokenId> prefix = {};
  /// At most so many tokens, the prefix not counted; a model that loops would go on.
  std::size_t most_tokens = 64;
  /// Ends the call from elsewhere.
  const onnx::Cancellation* cancellation = nullptr;
};

/// Why decoding ended.
enum class DecodingEnd : std::uint8_t { end_token, loop, limit };

/// What a model made of a stretch of sound. The prefix is part of it, with the probabilities that
/// this sound gives it.
struct Answer {
  std::vector<Token> tokens;
  DecodingEnd end = DecodingEnd::end_token;
};

/// Speech in, tokens out. Thread-safe.
class SpeechModel {
 public:
  virtual ~SpeechModel() = default;

  /// Transcribes 16 kHz mono samples in [-1, 1], at least a tenth of a second. Errors:
  /// `deadline_exceeded` when cancelled, `invalid_argument` for too short a sound or a token that
  /// there is not, else `internal`.
  virtual Result<Answer> transcribe(std::span<const float> samples, const Request& request) = 0;

  virtual const Vocabulary& vocabulary() const = 0;
};

/// Where the files of a Moonshine model are.
struct MoonshineFiles {
  std::filesystem::path encoder;
  std::filesystem::path decoder;
  std::filesystem::path vocabulary;
};

/// A Moonshine model (Jeffries et al. 2024, "Moonshine: Speech Recognition for Live Transcription
/// and Voice Commands"), decoded greedily: an encoder over raw sound of any length, and a decoder
/// that keeps keys and values of what it has said. Errors: as Model::load(); `unavailable` where
/// the files are models of another kind, naming what is not as expected.
Result<std::unique_ptr<SpeechModel>> load_moonshine(std::shared_ptr<const onnx::Runtime> runtime,
                                                    const MoonshineFiles& files);

}  // namespace sotto::providers::moonshine

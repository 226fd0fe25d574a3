#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "base/result.hpp"
#include "providers/moonshine/onnx_runtime.hpp"

namespace sotto::providers::moonshine {

/// The frame in which speech is looked for: 32 ms at 16 kHz.
inline constexpr std::size_t frame_samples = 512;
using Frame = std::span<const float, frame_samples>;

/// Tells speech from everything else. One for each talk; not thread-safe.
class SpeechDetector {
 public:
  virtual ~SpeechDetector() = default;

  /// The probability that the talk's next frame holds speech. Errors: `internal`.
  virtual Result<float> probability(Frame frame) = 0;
};

/// Silero's voice activity detector (MIT; a recurrent network over frames with 64 samples of what
/// came before), shared by all talks. Thread-safe.
class SileroModel {
 public:
  /// Errors: as onnx::Model::load(); `unavailable` for a model of another kind.
  static Result<std::unique_ptr<SileroModel>> load(std::shared_ptr<const onnx::Runtime> runtime,
                                                   const std::filesystem::path& file);

  /// A detector for one talk; the model must outlive it.
  std::unique_ptr<SpeechDetector> detector() const;

 private:
  class Detector;
  explicit SileroModel(std::unique_ptr<onnx::Model> model) : model_(std::move(model)) {}

  std::unique_ptr<onnx::Model> model_;
  std::array<std::size_t, 3> inputs_{};   // sound, state, rate
  std::array<std::size_t, 2> outputs_{};  // probability, state
};

}  // namespace sotto::providers::moonshine

#include "providers/moonshine/calibration.hpp"

namespace sotto::providers::moonshine {
namespace {

// Fitted by `sotto tune --recogniser moonshine --fit-stability` on hypotheses of base-en, 0.3 s
// apart, over 64 recordings of read English by themselves and joined to four talks without pauses
// (579 s; Hi-Fi TTS speaker 6097, LibriVox's Austen, one speech of 1961); docs/stability.md has the
// reliability table. Another voice, room or microphone will differ.
constexpr transcript::StabilityCalibration english{
    {{{0.751f, 0.751f, 0.751f, 0.888f, 0.888f, 0.888f, 0.888f, 0.888f, 0.888f, 0.888f, 0.888f},
      {0.783f, 0.783f, 0.783f, 0.951f, 0.951f, 0.951f, 0.951f, 0.951f, 0.951f, 0.951f, 0.951f},
      {0.783f, 0.783f, 0.783f, 0.956f, 0.956f, 0.956f, 0.956f, 0.964f, 0.964f, 0.964f, 0.979f},
      {0.783f, 0.783f, 0.783f, 0.956f, 0.956f, 0.956f, 0.956f, 0.967f, 0.967f, 0.967f, 0.980f},
      {0.783f, 0.783f, 0.783f, 0.956f, 0.956f, 0.956f, 0.956f, 0.968f, 0.968f, 0.968f, 0.981f},
      {0.869f, 0.869f, 0.869f, 0.961f, 0.961f, 0.961f, 0.961f, 0.972f, 0.972f, 0.972f, 0.993f}}},
    {-3.027f, -2.165f, -1.580f, -0.902f, -0.331f, 0.207f, 0.439f, 0.674f},
    milliseconds{250},
    0.84f};

}  // namespace

const transcript::StabilityCalibration& english_calibration() { return english; }

}  // namespace sotto::providers::moonshine

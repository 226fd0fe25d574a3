#include "providers/pocketsphinx/calibration.hpp"

namespace sotto::providers::pocketsphinx {
namespace {

// Fitted by `sotto tune --fit-stability --joined 4` on 59 recordings of read English (168 s, Hi-Fi
// TTS speaker 6097 and one speech of 1961); docs/stability.md has the reliability table. One reader
// spoke nearly all of it: another voice, room or microphone will differ.
constexpr transcript::StabilityCalibration english{
    {{{0.372f, 0.632f, 0.860f, 0.934f, 0.934f, 0.934f, 0.934f, 0.934f, 0.934f, 0.934f, 0.934f},
      {0.584f, 0.797f, 0.872f, 0.934f, 0.959f, 0.976f, 0.990f, 0.991f, 0.991f, 0.991f, 0.991f},
      {0.636f, 0.833f, 0.915f, 0.936f, 0.959f, 0.981f, 0.990f, 0.992f, 0.995f, 0.997f, 0.998f},
      {0.639f, 0.838f, 0.915f, 0.939f, 0.959f, 0.981f, 0.990f, 0.992f, 0.995f, 0.998f, 0.999f},
      {0.705f, 0.838f, 0.915f, 0.939f, 0.959f, 0.981f, 0.990f, 0.992f, 0.995f, 0.998f, 0.999f},
      {0.838f, 0.838f, 0.943f, 0.955f, 0.973f, 0.990f, 0.990f, 0.992f, 0.995f, 0.998f, 0.999f}}},
    {},
    milliseconds{400},
    0.88f};

}  // namespace

const transcript::StabilityCalibration& english_calibration() { return english; }

}  // namespace sotto::providers::pocketsphinx

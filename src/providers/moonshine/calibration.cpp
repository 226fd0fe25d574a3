#include "providers/moonshine/calibration.hpp"

namespace sotto::providers::moonshine {
namespace {
constexpr transcript::StabilityCalibration english{};
}  // namespace

const transcript::StabilityCalibration& english_calibration() { return english; }

}  // namespace sotto::providers::moonshine

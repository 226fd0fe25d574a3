#pragma once

#include "transcript/stability_calibration.hpp"

namespace sotto::providers::moonshine {

/// How stable this recogniser's English words are; calibration.cpp says how it was measured.
const transcript::StabilityCalibration& english_calibration();

}  // namespace sotto::providers::moonshine

#pragma once

#include "transcript/stability_calibration.hpp"

namespace sotto::providers::pocketsphinx {

/// How stable this recogniser's English words are; see calibration.cpp for how it was measured.
const transcript::StabilityCalibration& english_calibration();

}  // namespace sotto::providers::pocketsphinx

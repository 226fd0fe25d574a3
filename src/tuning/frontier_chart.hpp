#pragma once

#include <span>
#include <string>

#include "tuning/sweep.hpp"

namespace sotto::tuning {

/// The sweep as an SVG picture of its own: mean lag of commitment and of segments to the right, the
/// share of committed words that finals contradict upwards, a mark a setting (bigger: more
/// characters translated; filled: on the frontier), the thresholds joined for each timeout.
std::string frontier_svg(std::span<const SweepPoint> points);

}  // namespace sotto::tuning

#include "simulation/session.hpp"

#include <algorithm>
#include <cmath>

namespace sotto::simulation {

double share_later(double p95_ms, double limit_ms) {
  const double z =
      (std::log(limit_ms) - std::log(std::max(1.0, p95_ms))) / caption_log_sd + 1.64485;
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

}  // namespace sotto::simulation

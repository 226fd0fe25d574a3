// What the rollout's tests are held against: fixed tests that are repeated as sessions come, which
// they are not made for, and a test that knows what nobody knows.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace sotto::bench {

inline constexpr double one_percent = 2.3263;  // the normal quantile, one-sided

// Mann and Whitney's U as the sessions come, values in fine bins (a Fenwick tree each), equal bins
// counted half; the normal approximation. Positive when the canary's values are the higher.
class MannWhitney {
 public:
  void add(bool canary, double value) {
    const double place = (value + 8) / 16 * bins;
    const int bin = static_cast<int>(std::clamp(place, 0.0, bins - 1.0));
    const std::vector<int>& others = canary ? control_ : canary_;
    const double below = (sum(others, bin) + sum(others, bin + 1)) / 2.0;
    u_ += canary ? below : n_[1] - below;
    ++n_[canary ? 1 : 0];
    for (int i = bin + 1; i <= bins; i += i & -i) ++at(canary ? canary_ : control_, i);
  }
  double z() const {
    const double product = n_[0] * n_[1];
    if (product == 0) return 0;
    return (u_ - product / 2) / std::sqrt(product * (n_[0] + n_[1] + 1) / 12);
  }

 private:
  static constexpr int bins = 4096;
  static int& at(std::vector<int>& tree, int i) { return tree[static_cast<std::size_t>(i)]; }
  static int sum(const std::vector<int>& tree, int end) {
    int total = 0;
    for (int i = end; i > 0; i -= i & -i) total += tree[static_cast<std::size_t>(i)];
    return total;
  }
  std::vector<int> canary_ = std::vector<int>(bins + 1), control_ = canary_;
  std::array<double, 2> n_{};
  double u_ = 0;
};

// What Mann and Whitney's test comes to for values that are 0 or 1.
class TwoProportions {
 public:
  void add(bool canary, bool failed) {
    ++n_[canary ? 1 : 0];
    k_[canary ? 1 : 0] += failed ? 1 : 0;
  }
  double z() const {
    const double p = (k_[0] + k_[1]) / (n_[0] + n_[1]);
    const double variance = p * (1 - p) * (1 / n_[0] + 1 / n_[1]);
    return variance > 0 ? (k_[1] / n_[1] - k_[0] / n_[0]) / std::sqrt(variance) : 0;
  }

 private:
  std::array<double, 2> n_{}, k_{};
};

// The likelihood ratio of the canary's sessions for a known rate and a known alternative (Wald
// 1945, without a boundary for stopping in the null's favour): nothing that knows less is faster.
inline double sprt_step(bool failed, double rate, double ratio) {
  return failed ? std::log(ratio) : std::log((1 - ratio * rate) / (1 - rate));
}

}  // namespace sotto::bench

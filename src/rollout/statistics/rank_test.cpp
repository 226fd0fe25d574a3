#include "rollout/statistics/rank_test.hpp"

#include <limits>

#include "rollout/statistics/bets.hpp"

namespace sotto::rollout {

namespace {

constexpr std::size_t most_values = 192, fewest = 4;
// So many of a kind are enough to be compared with alone.
constexpr std::size_t enough_of_hour = 32, enough_of_group = 16;
constexpr int hours_apart = 3;

// Grows more slowly the further out a rank is; 1 at 1.
double saturated(double rank) { return std::tanh(1.5 * rank) / std::tanh(1.5); }

constexpr std::array<double, 3> stakes = {0.3, 0.6, 0.97};
constexpr std::array<double, 3> weights = {1 / 7.0, 2 / 7.0, 4 / 7.0};
constexpr std::array<double, 2> range_stakes = {0.45, 0.9}, range_weights = {0.5, 0.5};

// The logarithm of what a stake on a score from -1 to 1 makes of the wealth. The stake is of the
// largest that cannot lose everything: of the smaller of share and 1 - share.
double log_won(bool canary, double share, double stake, double score) {
  return std::log1p(canary ? stake * std::min(1.0, (1 - share) / share) * score
                           : -stake * std::min(1.0, share / (1 - share)) * score);
}

bool near(int hour, int other) {
  const int apart = std::abs(hour - other);
  return std::min(apart, 24 - apart) <= hours_apart;
}

}  // namespace

Reference::Kind Reference::kind(std::string_view language, UtcTime began_at) {
  // FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
  std::uint32_t group = 2166136261U;
  for (const char c : language) group = (group ^ static_cast<std::uint8_t>(c)) * 16777619U;
  const auto day = std::chrono::floor<std::chrono::days>(began_at);
  const auto hour = std::chrono::floor<std::chrono::hours>(began_at - day).count();
  return {language.empty() ? 0 : group, static_cast<std::uint8_t>(hour)};
}

void Reference::add(double value, Kind kind) {
  if (!std::isfinite(value)) return;
  if (values.size() >= most_values) values.erase(values.begin());
  values.push_back({value, kind.group, kind.hour});
}

std::vector<double> Reference::like(Kind kind) const {
  std::vector<double> all, of_group, of_hour;
  for (const Value& one : values) {
    all.push_back(one.value);
    if (one.group != kind.group) continue;
    of_group.push_back(one.value);
    if (near(one.hour, kind.hour)) of_hour.push_back(one.value);
  }
  std::vector<double>& chosen = of_hour.size() >= enough_of_hour     ? of_hour
                                : of_group.size() >= enough_of_group ? of_group
                                                                     : all;
  if (chosen.size() < fewest) return {};
  std::sort(chosen.begin(), chosen.end());
  return std::move(chosen);
}

double rank_among(const std::vector<double>& sorted, double value) {
  const auto [below, above] = std::equal_range(sorted.begin(), sorted.end(), value);
  const auto place = static_cast<double>((below - sorted.begin()) + (above - sorted.begin()) + 1);
  return place / static_cast<double>(sorted.size() + 1) - 1;
}

void RankTest::add(bool canary, double share, double rank) {
  if (!by_chance(share)) return;
  const std::array<double, 3> scores = {rank, rank, saturated(rank)};
  for (std::size_t i = 0; i < stakes.size(); ++i)
    log_wealth[i] += log_won(canary, share, stakes[i], scores[i]);
}

double RankTest::log_evidence() const { return log_mean_wealth(log_wealth, weights); }

void ShiftRange::add(bool is_canary, double share, double value, const std::vector<double>& among) {
  if (!by_chance(share)) return;
  double rank = rank_among(among, value);
  for (std::size_t i = 0; i < size; ++i) {
    if (is_canary) rank = rank_among(among, value - at(i));
    const std::array<double, 2> scores = {rank, saturated(rank)};
    for (std::size_t j = 0; j < scores.size(); ++j) {
      log_above[i][j] += log_won(is_canary, share, range_stakes[j], scores[j]);
      log_below[i][j] += log_won(is_canary, share, range_stakes[j], -scores[j]);
    }
  }
  ++(is_canary ? canary : control);
}

Interval ShiftRange::interval(double alpha) const {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const double bound = -std::log(alpha);
  Interval found{-infinite, infinite};
  for (std::size_t i = 0; i < size; ++i) {
    if (log_mean_wealth(log_above[i], range_weights) < bound) break;
    found.low = at(i);
  }
  for (std::size_t i = size; i-- > 0;) {
    if (log_mean_wealth(log_below[i], range_weights) < bound) break;
    found.high = at(i);
  }
  return found;
}

}  // namespace sotto::rollout

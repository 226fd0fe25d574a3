#include "audio/level_meter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace sotto::audio {

namespace {

constexpr double full_scale = 32'768;

double dbfs(double amplitude) {
  return amplitude <= 0 ? LevelMeter::quiet_dbfs
                        : std::max(LevelMeter::quiet_dbfs, 20 * std::log10(amplitude / full_scale));
}

}  // namespace

void LevelMeter::take(std::span<const std::int16_t> samples) {
  for (const std::int16_t sample : samples) {
    const int size = std::abs(static_cast<int>(sample));
    sum_ += static_cast<double>(size) * size;
    current_.peak = std::max(current_.peak, size);
    current_.clipped += size >= limit ? 1 : 0;
    if (++count_ < tenth) continue;
    current_.energy = sum_ / static_cast<double>(count_);
    tenths_.push_back(current_);
    if (tenths_.size() > remembered) tenths_.pop_front();
    current_ = {};
    sum_ = 0;
    count_ = 0;
  }
}

Level LevelMeter::level() const {
  double energy = 0;
  int peak = 0;
  const std::size_t tenths = std::min<std::size_t>(10, tenths_.size());
  for (auto it = tenths_.rbegin(); it != tenths_.rbegin() + static_cast<std::ptrdiff_t>(tenths);
       ++it) {
    energy += it->energy / static_cast<double>(tenths);
    peak = std::max(peak, it->peak);
  }
  return {dbfs(std::sqrt(energy)), dbfs(peak)};
}

LevelFaults LevelMeter::faults() const {
  LevelFaults faults;
  std::size_t clipped = 0;
  const std::size_t tenths = std::min<std::size_t>(10, tenths_.size());
  for (auto it = tenths_.rbegin(); it != tenths_.rbegin() + static_cast<std::ptrdiff_t>(tenths);
       ++it)
    clipped += it->clipped;
  faults.clipping = clipped >= clipped_samples;
  if (tenths_.size() < remembered) return faults;
  double loudest = 0;
  for (const Tenth& one : tenths_) loudest = std::max(loudest, one.energy);
  const double level = dbfs(std::sqrt(loudest));
  faults.silence = level < silence_dbfs;
  faults.too_quiet = !faults.silence && level < too_quiet_dbfs;
  return faults;
}

}  // namespace sotto::audio

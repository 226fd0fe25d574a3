#include "engine/settings.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

namespace sotto::engine {

namespace {

std::string text_of(double number) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%g", number);
  return buffer.data();
}

struct Range {
  const char* name;
  double value, low, high;
};

}  // namespace

double provisional_threshold(const Settings& settings) {
  constexpr double usual = 0.88;
  if (settings.provisional_threshold) return *settings.provisional_threshold;
  return settings.calibration ? static_cast<double>(settings.calibration->provisional) : usual;
}

Result<Settings> validate(const Settings& settings) {
  const auto seconds = [](milliseconds d) { return to_seconds(d); };
  const auto number = [](std::size_t n) { return static_cast<double>(n); };
  const Range ranges[] = {
      {"min_stability_threshold", settings.min_stability_threshold, 0.70, 0.95},
      {"provisional_threshold", provisional_threshold(settings), 0.30, 0.95},
      {"max_buffer_timeout", seconds(settings.max_buffer_timeout), 2, 10},
      {"pause_threshold", seconds(settings.pause_threshold), 0.2, 10},
      {"orphan_timeout", seconds(settings.orphan_timeout), 5, 60},
      {"max_rate_per_second", static_cast<double>(settings.max_rate_per_second), 1, 50},
      {"dedup_cache_ttl", seconds(settings.dedup_ttl), 1, 60},
      {"missing_stability_hold", seconds(settings.missing_stability_hold), 1, 10},
      {"fallback_timeout", seconds(settings.fallback_timeout), 5, 60},
      {"buffer_span", seconds(settings.buffer_span), 1, 60},
      {"buffer_words", number(settings.buffer_words), 10, 1000},
      {"retranslate_words", number(settings.retranslate_words), 1, 50},
      {"retranslate_interval", seconds(settings.retranslate_interval), 0.1, 10},
      {"translation_budget", settings.translation_budget, 1, 10},
      {"phrase_gap", seconds(settings.phrase_gap), 0.05, 2},
      {"phrase_words", number(settings.phrase_words), 2, 50},
      {"segment_words", number(settings.segment_words),
       std::max(4.0, number(settings.phrase_words)), 100},
  };
  for (const Range& range : ranges) {
    if (range.value >= range.low && range.value <= range.high) continue;  // false for NaN
    return fail(ErrorCode::invalid_argument,
                std::string(range.name) + " is " + text_of(range.value) + ", must be from " +
                    text_of(range.low) + " to " + text_of(range.high),
                range.name);
  }
  return settings;
}

}  // namespace sotto::engine

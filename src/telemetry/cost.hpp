#pragma once

#include <cstdint>

#include "base/session_time.hpp"

namespace sotto::telemetry {

/// What outside services charge, in US dollars. All 0: embedded engines cost nothing.
struct PriceList {
  double recogniser_per_minute = 0;    ///< of audio
  double translation_per_million = 0;  ///< source characters
  double synthesis_per_million = 0;    ///< characters
  double delivery_per_gigabyte = 0;    ///< to listeners, 10^9 bytes
};

/// The list prices of Amazon Transcribe streaming (first tier), Translate, Polly (neural) and data
/// transfer to the internet, us-east-1, as of 2026-01:
/// https://aws.amazon.com/transcribe/pricing/, https://aws.amazon.com/translate/pricing/,
/// https://aws.amazon.com/polly/pricing/, https://aws.amazon.com/ec2/pricing/on-demand/
inline constexpr PriceList aws_list_prices{0.024, 15.0, 16.0, 0.09};

/// What a session used.
struct Usage {
  milliseconds audio{0};
  std::uint64_t translated_characters = 0;
  std::uint64_t synthesised_characters = 0;
  std::uint64_t delivered_bytes = 0;
  milliseconds listened{0};  ///< of all listeners together
};

/// Dollars.
constexpr double cost_of(const Usage& usage, const PriceList& prices) {
  return to_seconds(usage.audio) / 60 * prices.recogniser_per_minute +
         static_cast<double>(usage.translated_characters) / 1e6 * prices.translation_per_million +
         static_cast<double>(usage.synthesised_characters) / 1e6 * prices.synthesis_per_million +
         static_cast<double>(usage.delivered_bytes) / 1e9 * prices.delivery_per_gigabyte;
}

/// Dollars for an hour of one listener; 0 where nobody listened.
constexpr double cost_per_listener_hour(const Usage& usage, const PriceList& prices) {
  const double hours = to_seconds(usage.listened) / 3600;
  return hours > 0 ? cost_of(usage, prices) / hours : 0;
}

}  // namespace sotto::telemetry

#pragma once

#include <chrono>
#include <cstdint>

#include "base/utc_time.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::pipeline {

/// Counts one session in its arm's metrics, once in each five minutes in which it was active, was
/// late, had an error and so on: Counter::sessions_active and those after it. So an alarm says how
/// many different sessions it is about, and of how many. Five minutes begin at multiples of five
/// minutes (UTC), as an alarm's periods do.
///
/// The metrics of a minute are collected within seconds after its end. What happens in the first
/// `settling` of five minutes is therefore counted at the next event after them, or else at the
/// session's end: a session is never in the metrics of five minutes twice, and is missing where it
/// had nothing but in these seconds. Not thread-safe, lives on the session's strand.
class SessionAlarms {
 public:
  /// The metrics must outlive it.
  SessionAlarms(telemetry::Metrics* metrics, telemetry::Arm arm) : metrics_(metrics), arm_(arm) {}

  /// A caption was delivered, or a final result processed.
  void active(UtcTime now) { note(telemetry::Counter::sessions_active, now); }
  /// A caption was delivered with this latency.
  void delivered(milliseconds latency, UtcTime now);
  void failed(UtcTime now) { note(telemetry::Counter::sessions_failing, now); }
  void fell_back(UtcTime now) { note(telemetry::Counter::sessions_falling_back, now); }
  /// So many partial results were dropped.
  void dropped(std::uint64_t results, UtcTime now);
  /// The session has ended, with so many results that never became final.
  void ended(std::uint64_t orphans, UtcTime now);

  // The limits of the deployment guide's alarms.
  static constexpr milliseconds late{5000};           ///< beyond it
  static constexpr std::uint64_t many_dropped = 100;  ///< in a minute; beyond it
  static constexpr std::uint64_t many_orphans = 10;   ///< at least
  static constexpr std::chrono::minutes period{5};
  static constexpr std::chrono::seconds settling{5};

 private:
  void note(telemetry::Counter what, UtcTime now);
  void count();

  telemetry::Metrics* const metrics_;
  const telemetry::Arm arm_;
  UtcTime period_{};                       ///< its begin
  std::uint32_t noted_ = 0, counted_ = 0;  ///< a bit for each counter, of these five minutes
  std::chrono::sys_time<std::chrono::minutes> minute_{};
  std::uint64_t dropped_in_minute_ = 0;
};

}  // namespace sotto::pipeline

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/concurrent_sketch.hpp"
#include "base/quantile_sketch.hpp"

namespace sotto::telemetry {

/// A session's arm in the rollout, for its whole life: with partial results (canary) or without
/// (control).
enum class Arm : std::uint8_t { canary, control };
inline constexpr std::array<Arm, 2> arms = {Arm::canary, Arm::control};
std::string_view to_string(Arm arm);

/// What is counted.
enum class Counter : std::uint8_t {
  partial_results_processed,
  final_results_processed,
  partial_results_dropped,
  partial_results_superseded,
  duplicates_detected,
  transcribe_fallback_triggered,
  partial_final_discrepancies,
  translation_cache_hits,
  translation_cache_misses,
  session_errors,
  feedback_positive,  ///< the first of each listener of a session
  feedback_neutral,
  feedback_negative,
  // Once a session in each five minutes (UTC):
  sessions_active,        ///< a caption was delivered, a final processed, or one of these:
  sessions_late,          ///< a caption was delivered more than 5 s late
  sessions_failing,       ///< an error
  sessions_dropping,      ///< more than 100 partial results dropped in a minute
  sessions_orphaning,     ///< it ended with 10 or more results that never became final
  sessions_falling_back,  ///< its recogniser was silent
};
inline constexpr std::size_t counter_count = 19;

/// What is measured, as a distribution of whole numbers of a unit.
enum class Histogram : std::uint8_t {
  processing_latency,        ///< ms, delivery: of each caption with new text
  decision_latency,          ///< ms, of each committed word
  word_lag,                  ///< ms, of each word: to its first caption
  orphaned_results_flushed,  ///< of each session, at its end
  normalized_erasure,        ///< thousandths, of each session, at its end
  cost_per_listener_hour     ///< millionths of a dollar, of each session, at its end
};
inline constexpr std::size_t histogram_count = 6;
inline constexpr std::size_t per_word_count = 3;  ///< the first; the rest come once a session

/// A value that goes up and down.
enum class Gauge : std::uint8_t { live_sessions, listeners };
inline constexpr std::size_t gauge_count = 2;

/// A metric's names. CloudWatch's are the deployment guide's; Prometheus's are in base units.
struct CounterInfo {
  std::string_view cloudwatch, prometheus, help;
};
struct HistogramInfo {
  std::string_view cloudwatch, cloudwatch_unit, prometheus, help;
  double per_cloudwatch_unit;      ///< recorded units in one of CloudWatch's
  double per_prometheus_unit;      ///< and in one of Prometheus's
  std::span<const double> bounds;  ///< of Prometheus's buckets, in its unit
};
const CounterInfo& info(Counter counter);
const HistogramInfo& info(Histogram histogram);
constexpr Counter counter_at(std::size_t index) { return static_cast<Counter>(index); }
constexpr Histogram histogram_at(std::size_t index) { return static_cast<Histogram>(index); }

/// All metrics of an arm at one moment, or between two.
struct ArmSnapshot {
  std::array<std::uint64_t, counter_count> counters{};
  std::array<QuantileSketch, histogram_count> histograms;

  std::uint64_t operator[](Counter counter) const {
    return counters[static_cast<std::size_t>(counter)];
  }
  const QuantileSketch& operator[](Histogram histogram) const {
    return histograms[static_cast<std::size_t>(histogram)];
  }
  std::uint64_t& operator[](Counter counter) { return counters[static_cast<std::size_t>(counter)]; }
  QuantileSketch& operator[](Histogram histogram) {
    return histograms[static_cast<std::size_t>(histogram)];
  }

  /// The difference from an earlier snapshot of the same metrics.
  ArmSnapshot since(const ArmSnapshot& earlier) const;
  void merge(const ArmSnapshot& other);
  bool empty() const;
};
using Snapshot = std::array<ArmSnapshot, arms.size()>;

/// The metrics of a process, for both arms: 401 kB for any number of sessions. Recording never
/// waits, and most threads have their own part. Thread-safe.
class Metrics {
 public:
  void count(Arm arm, Counter counter, std::uint64_t times = 1) {
    of(arm).counters[static_cast<std::size_t>(counter)].fetch_add(times, std::memory_order_relaxed);
  }
  void record(Arm arm, Histogram histogram, std::uint64_t value) {
    const auto which = static_cast<std::size_t>(histogram);
    if (which < per_word_count)
      of(arm).per_word[which].record(value);
    else
      per_session_[static_cast<std::size_t>(arm)][which - per_word_count].record(value);
  }

  void move(Arm arm, Gauge gauge, std::int64_t by) {
    of(arm).gauges[static_cast<std::size_t>(gauge)].fetch_add(by, std::memory_order_relaxed);
  }

  Snapshot snapshot() const;
  std::int64_t at(Arm arm, Gauge gauge) const;

 private:
  struct OfArm {
    std::array<std::atomic<std::int64_t>, gauge_count> gauges{};
    std::array<std::atomic<std::uint64_t>, counter_count> counters{};
    std::array<ConcurrentSketch, per_word_count> per_word;
  };
  struct alignas(64) Part {
    std::array<OfArm, arms.size()> of_arm;
  };
  static constexpr std::size_t part_count = 4;

  /// Which part the calling thread records into, 0 to part_count - 1.
  static std::size_t part_of_thread();
  OfArm& of(Arm arm) { return parts_[part_of_thread()].of_arm[static_cast<std::size_t>(arm)]; }

  std::array<Part, part_count> parts_;
  std::array<std::array<ConcurrentSketch, histogram_count - per_word_count>, arms.size()>
      per_session_;
};

}  // namespace sotto::telemetry

#include "telemetry/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace sotto::telemetry {

namespace {

constexpr std::array<CounterInfo, counter_count> counters = {{
    {"PartialResultsProcessed", "sotto_partial_results_processed_total",
     "Partial results that the recognisers gave"},
    {"FinalResultsProcessed", "sotto_final_results_processed_total",
     "Final results that the recognisers gave"},
    {"PartialResultsDropped", "sotto_partial_results_dropped_total",
     "Partial results discarded with nothing newer in their place"},
    {"PartialResultsSuperseded", "sotto_partial_results_superseded_total",
     "Partial results replaced by a newer one within a rate window"},
    {"DuplicatesDetected", "sotto_duplicates_detected_total", "Results that came again"},
    {"TranscribeFallbackTriggered", "sotto_transcribe_fallback_triggered_total",
     "Sessions that fell back to finals because their recogniser was silent"},
    {"PartialFinalDiscrepancies", "sotto_partial_final_discrepancies_total",
     "Finals that differ from what was forwarded by more than a fifth"},
    {"TranslationCacheHits", "sotto_translation_cache_hits_total",
     "Translations that were known already"},
    {"TranslationCacheMisses", "sotto_translation_cache_misses_total",
     "Translations that had to be made"},
    {"SessionErrors", "sotto_session_errors_total",
     "Failed translations, and recognisers that gave up"},
    {"FeedbackPositive", "sotto_feedback_positive_total", "Listeners who gave a thumb up"},
    {"FeedbackNeutral", "sotto_feedback_neutral_total",
     "Listeners who were neither for nor against"},
    {"FeedbackNegative", "sotto_feedback_negative_total", "Listeners who gave a thumb down"},
    {"SessionsActive", "sotto_sessions_active_total",
     "Sessions with a caption or a final, once in each five minutes"},
    {"SessionsLate", "sotto_sessions_late_total",
     "Sessions with a caption more than 5 s late, once in each five minutes"},
    {"SessionsFailing", "sotto_sessions_failing_total",
     "Sessions with an error, once in each five minutes"},
    {"SessionsDropping", "sotto_sessions_dropping_total",
     "Sessions with more than 100 partial results dropped in a minute, once in each five minutes"},
    {"SessionsOrphaning", "sotto_sessions_orphaning_total",
     "Sessions that ended with 10 or more results that never became final"},
    {"SessionsFallingBack", "sotto_sessions_falling_back_total",
     "Sessions that fell back to finals, once in each five minutes"},
}};

// From 0.1 to 30 s, each a tenth above the one before it, and the guide's 5 s exactly.
constexpr std::size_t latency_bounds_count = 61;
std::array<double, latency_bounds_count> make_latency_bounds() {
  std::array<double, latency_bounds_count> bounds{};
  double bound = 0.1;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    bounds[i] = std::round(bound * 1000) / 1000;
    bound *= 1.1;
  }
  bounds.back() = 5;
  std::sort(bounds.begin(), bounds.end());
  return bounds;
}

const std::array<double, latency_bounds_count> latency_bounds = make_latency_bounds();
constexpr std::array<double, 8> orphan_bounds = {0, 1, 2, 5, 10, 20, 50, 100};
constexpr std::array<double, 8> erasure_bounds = {0, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2};
constexpr std::array<double, 7> cost_bounds = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};

const std::array<HistogramInfo, histogram_count> histograms = {{
    {"PartialResultProcessingLatency", "Milliseconds",
     "sotto_partial_result_processing_latency_seconds",
     "From a caption's last word to its translation on the way to listeners", 1, 1000,
     latency_bounds},
    {"DecisionLatency", "Milliseconds", "sotto_decision_latency_seconds",
     "From a word's end to the engine's command for it", 1, 1000, latency_bounds},
    {"WordLag", "Milliseconds", "sotto_word_lag_seconds",
     "From a word's end to the first caption with it, in the language of those who follow", 1, 1000,
     latency_bounds},
    {"OrphanedResultsFlushed", "Count", "sotto_orphaned_results_flushed",
     "Results of a session that never became final", 1, 1, orphan_bounds},
    {"NormalizedErasure", "None", "sotto_normalized_erasure",
     "Words of a session taken back, over the words in its last text", 1000, 1000, erasure_bounds},
    {"CostPerListenerHour", "None", "sotto_cost_per_listener_hour_usd",
     "What an hour of one listener cost in a session, in dollars", 1e6, 1e6, cost_bounds},
}};

}  // namespace

std::string_view to_string(Arm arm) { return arm == Arm::canary ? "canary" : "control"; }

const CounterInfo& info(Counter counter) { return counters[static_cast<std::size_t>(counter)]; }

const HistogramInfo& info(Histogram histogram) {
  return histograms[static_cast<std::size_t>(histogram)];
}

ArmSnapshot ArmSnapshot::since(const ArmSnapshot& earlier) const {
  ArmSnapshot since = *this;
  for (std::size_t i = 0; i < counter_count; ++i) since.counters[i] -= earlier.counters[i];
  for (std::size_t i = 0; i < histogram_count; ++i)
    since.histograms[i].subtract(earlier.histograms[i]);
  return since;
}

void ArmSnapshot::merge(const ArmSnapshot& other) {
  for (std::size_t i = 0; i < counter_count; ++i) counters[i] += other.counters[i];
  for (std::size_t i = 0; i < histogram_count; ++i) histograms[i].merge(other.histograms[i]);
}

bool ArmSnapshot::empty() const {
  return std::all_of(counters.begin(), counters.end(), [](auto count) { return count == 0; }) &&
         std::all_of(histograms.begin(), histograms.end(),
                     [](const QuantileSketch& sketch) { return sketch.count() == 0; });
}

std::size_t Metrics::part_of_thread() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t part = threads.fetch_add(1) % part_count;
  return part;
}

Snapshot Metrics::snapshot() const {
  Snapshot snapshot;
  for (const Part& part : parts_)
    for (std::size_t arm = 0; arm < arms.size(); ++arm) {
      const OfArm& of = part.of_arm[arm];
      for (std::size_t i = 0; i < counter_count; ++i)
        snapshot[arm].counters[i] += of.counters[i].load(std::memory_order_relaxed);
      for (std::size_t i = 0; i < per_word_count; ++i)
        snapshot[arm].histograms[i].merge(of.per_word[i].read());
    }
  for (std::size_t arm = 0; arm < arms.size(); ++arm)
    for (std::size_t i = per_word_count; i < histogram_count; ++i)
      snapshot[arm].histograms[i] = per_session_[arm][i - per_word_count].read();
  return snapshot;
}

std::int64_t Metrics::at(Arm arm, Gauge gauge) const {
  std::int64_t sum = 0;
  for (const Part& part : parts_)
    sum += part.of_arm[static_cast<std::size_t>(arm)].gauges[static_cast<std::size_t>(gauge)].load(
        std::memory_order_relaxed);
  return sum;
}

}  // namespace sotto::telemetry

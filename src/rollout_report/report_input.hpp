#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/statistics/evidence.hpp"
#include "rollout_controller/rollout_controller.hpp"
#include "telemetry/alarms.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::rollout_report {

/// What a report is of: the deployment guide's daily and weekly updates, and its final report; or
/// the time from one moment to another, made from the records of that time alone, so that it is the
/// same whenever it is made.
enum class ReportPeriod : std::uint8_t { day, week, all, range };
std::string_view to_string(ReportPeriod period);
std::optional<ReportPeriod> period_named(std::string_view name);

/// One arm within a step of the report's time; nothing where it was not measured.
struct ArmStep {
  bool heard = false;  ///< of the arm at all
  std::optional<double> latency_p50_ms, latency_p95_ms;
  std::optional<double> word_lag_p50_ms, word_lag_p95_ms;
  std::uint64_t errors = 0, fallbacks = 0;
  std::uint64_t dropped = 0;                                     ///< in its worst minute
  std::optional<double> orphaned_max;                            ///< of its worst session
  std::optional<double> cost_per_listener_hour, cache_hit_rate;  ///< dollars; percent
};
/// `dropped` is the worst minute's.
ArmStep arm_step(const telemetry::ArmSnapshot& sum, std::uint64_t dropped);

struct ReportStep {
  UtcTime start{};
  std::array<ArmStep, telemetry::arms.size()> arms;
};

/// A decision as the journal has it.
struct ReportDecision {
  std::uint64_t record = 0;  ///< its number in the journal
  std::string hash;          ///< of its record; empty for one from before there were hashes
  rollout::RolloutEvent event;
  std::vector<rollout::Criterion> criteria;  ///< that it was made of
  std::vector<std::string> alarms_on;
  /// Made again from its record it is the same, bit for bit; nothing where that was not tried.
  std::optional<bool> same_again;
};
/// Errors: `invalid_argument` for a text that is no record.
Result<ReportDecision> decision_of(const ports::JournalEntry& entry);

/// Sessions that ended, in bounded space however many there are. Not thread-safe.
class ReportSessions {
 public:
  struct Dot {
    UtcTime ended_at{};
    bool canary = false;
    double latency_p95_ms = 0;
  };
  static constexpr std::size_t most_dots = 2000;

  void add(const rollout::SessionOutcome& outcome);

  const rollout::Evidence& evidence() const { return evidence_; }
  /// That no bucket put in their arm: an override or a fallback did.
  std::uint64_t not_by_bucket(bool canary) const { return not_by_bucket_[canary ? 0 : 1]; }
  /// Each session, or every second, fourth… of them.
  const std::vector<Dot>& dots() const { return dots_; }
  std::uint64_t each() const { return each_; }

 private:
  rollout::Evidence evidence_;
  std::array<std::uint64_t, 2> not_by_bucket_{};
  std::vector<Dot> dots_;
  std::uint64_t each_ = 1, seen_ = 0;
};

/// The flag as its store has it.
struct ReportFlag {
  std::uint64_t version = 0;
  bool enabled = false;
  int percentage = 0;
};

/// Everything that a report is made of.
struct ReportInput {
  std::string environment, parameter_name;
  ReportPeriod period = ReportPeriod::week;
  UtcTime from{}, now{};  ///< `now`: the end of the time that it is of
  std::optional<ReportFlag> flag;
  /// The rollout and its criteria now; of a range: as its last decision left it, the criteria being
  /// those that the decision was made of. None: there is no rollout.
  std::optional<rollout_controller::Done> judged;
  std::optional<ReportDecision> last;         ///< of a range: the last up to its end
  std::vector<ReportDecision> decisions;      ///< of the period, oldest first
  std::uint64_t decisions_left_out = 0;       ///< older ones of the period
  std::vector<rollout::RolloutEvent> events;  ///< of the whole rollout, oldest first
  std::uint64_t newest_record = 0;            ///< the newest that has a hash, up to the end
  std::string newest_hash;                    ///< its hash; empty: there is none
  ReportSessions sessions;                    ///< that ended in the period
  std::vector<ReportStep> steps;              ///< of the period, in order
  std::chrono::minutes step{60};
  std::optional<std::vector<telemetry::AlarmStatus>> alarms;  ///< none: not known here
};

}  // namespace sotto::rollout_report

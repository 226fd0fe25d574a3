#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/evidence.hpp"
#include "rollout/plan.hpp"

namespace sotto::rollout {

/// What was measured of the sessions of one arm within a stretch of time.
struct ArmFigures {
  std::uint64_t captions = 0;            ///< whose latency was measured
  std::optional<double> latency_p95_ms;  ///< none without captions
  std::uint64_t finals = 0, errors = 0;
  double dropped_per_minute = 0;    ///< partial results, in the worst minute
  std::uint64_t sessions = 0;       ///< that ended
  double orphaned_per_session = 0;  ///< in the worst of them
  std::uint64_t fallbacks = 0;
  std::uint64_t thumbs_up = 0, thumbs_neutral = 0, thumbs_down = 0;
  std::optional<double> cost_per_listener_hour;  ///< dollars, mean; none where nobody listened
  std::uint64_t cache_hits = 0, cache_misses = 0;
  friend bool operator==(const ArmFigures&, const ArmFigures&) = default;
};

struct Figures {
  ArmFigures canary, control;
  friend bool operator==(const Figures&, const Figures&) = default;
};

/// The figures of both stretches of time that limits are for.
struct WindowFigures {
  std::optional<UtcTime> newest;  ///< when something was measured last
  Figures recent;                 ///< of the last hour
  Figures whole;                  ///< since the phase began, of its bake time at the most
  friend bool operator==(const WindowFigures&, const WindowFigures&) = default;
};

/// What a phase is judged by.
struct Readings {
  UtcTime taken_at{};
  std::optional<UtcTime> newest;  ///< as in WindowFigures, and when a session ended last
  Figures recent, whole;          ///< as in WindowFigures
  /// False: where the figures are kept could not be read, and they are empty. Guardrails of what is
  /// known besides act all the same; nothing that goes by figures passes, and no bake time does.
  bool figures_known = true;
  Evidence evidence;  ///< of sessions that began since the phase began
  std::vector<std::string> alarms_on;
  std::vector<std::string> canary_alarms;  ///< those that would be, by the canary's figures alone
  // What only the rollout's state knows:
  std::uint64_t alarms_rung = 0;  ///< since the phase began, in its bake time
  std::uint64_t rollbacks = 0;    ///< in the phase's bake time
  /// The canary's latency against control's in the phase before, as a ratio; none: there was none.
  std::optional<Interval> latency_before;
};

enum class Verdict : std::uint8_t { pass, fail, not_enough_data };
/// The JSON name, such as "not_enough_data".
std::string_view to_string(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view name);

/// A criterion, and how it stands.
struct Criterion {
  Rule rule;
  std::optional<double> canary, control;
  std::optional<Interval> interval;  ///< a confidence sequence: of the ratio to control where there
                                     ///< is a comparison, else of the canary's value
  std::uint64_t canary_samples = 0, control_samples = 0;
  Verdict verdict = Verdict::not_enough_data;
  /// It fails now, not only somewhere within the bake time: a guardrail acts.
  bool acute = false;
};

enum class Advice : std::uint8_t { go_on, hold, roll_back };
/// The JSON name, such as "go_on".
std::string_view to_string(Advice advice);

struct Judgement {
  std::vector<Criterion> criteria;
  Advice advice = Advice::hold;
  std::string why;  ///< one sentence for people
};

/// The phase that a percentage belongs to by the guide: "canary" (10), "gradual" (50), "full"
/// (100), "off" (0, or disabled), else "custom".
std::string_view phase_of(bool enabled, int rollout_percentage);

/// Judges what was measured by a phase's criteria, each by itself and as of now: M of N is the
/// controller's. Limits are for what was measured of late and since the phase began; comparisons
/// with control are confidence sequences and running likelihood ratios over sessions, at the plan's
/// alpha, so that they may be looked at all the time. Too little data passes nothing. Comparisons
/// are left out of a phase in which nobody, or everybody, has the feature. Where the figures are
/// not known, what goes by them is not enough data, whatever its rule makes of that. Pure,
/// reproducible: the same readings give the same bits.
std::vector<Criterion> judge(const Plan& plan, const Phase& phase, const Readings& readings);

/// Whether judge() judges a measure by the readings' evidence and `latency_before` alone, so that
/// it stands as it did while no session ends. The others go by figures, alarms and rollbacks.
bool judged_by_evidence(Measure measure);

/// Whether judge() judges a measure by the readings' figures.
bool judged_by_figures(Measure measure);

/// Sums criteria up: a guardrail that fails now says roll back; anything that fails or is not known
/// holds.
Judgement sum_up(std::vector<Criterion> criteria);

/// What an operator is told when no plan is running: the guide's criteria for the percentage. At
/// 0 % nothing is on, and there is nothing to go on with.
Judgement judge_percentage(bool enabled, int rollout_percentage, const Readings& readings);

/// How many captions, or cache look-ups, are needed before a share of them is judged; how many
/// sessions before what counts by session is; and votes before they can fail.
inline constexpr std::uint64_t min_captions = 100;
inline constexpr std::uint64_t min_sessions = 5;
inline constexpr std::uint64_t min_votes = 20;
/// Fallbacks within an hour that are more than a mishap: the guide's "if persistent, disable".
inline constexpr std::uint64_t persistent_fallbacks = 3;

}  // namespace sotto::rollout

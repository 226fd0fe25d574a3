// How a criterion is judged; for the .cpp files of this module.
#pragma once

#include <cmath>
#include <optional>

#include "rollout/criteria.hpp"

namespace sotto::rollout {

struct Context {
  const Plan* plan;
  const Phase* phase;
  const Readings* readings;

  const Evidence& evidence() const { return readings->evidence; }
  int share() const { return canary_share(*plan, *phase); }
  /// What the logarithm of the evidence of harm has to reach for a measure. A rollout makes many
  /// comparisons, and each could be wrong: so those that a bad caption shows in first have all of
  /// alpha, the others a tenth, and each phase a quarter of the one before. In all that is less
  /// than five times alpha.
  double bound(Measure measure) const;
  /// Whether control has sessions enough to weigh the canary's against: one in twenty.
  bool has_control() const { return share() > 0 && share() <= 95; }
};

using Value = std::optional<double>;

inline Value percent(double part, double all) {
  if (!(all > 0)) return std::nullopt;
  return 100 * part / all;
}

inline Value mean(const Moments& moments) {
  return moments.count > 0 ? Value(moments.mean) : std::nullopt;
}

/// Evidence that speaks for harm more than twice as much as for none: too much to be promoted.
inline bool suspicious(double log_evidence) { return log_evidence >= std::log(2.0); }

/// Whether so many of the arm's sessions are enough to act on.
bool enough_to_act(const Plan& plan, std::uint64_t troubled, std::uint64_t sessions);

struct Part {
  std::uint64_t of = 0, all = 0;
};

/// How many sessions of the rollout had a trouble: of both arms, or of the canary alone, which may
/// have more of it for good.
Part usually(const Context& of, Trouble trouble, bool canary_alone);

/// Whether so many of so few sessions are far more than usual: a third of them, three at least, and
/// less likely than `chance` where each has the trouble with the chance that sessions have usually
/// had it (the bound of Chernoff 1952 on a binomial's tail).
bool surges(const Part& now, const Part& usually, double chance);
/// How unlikely it has to be: it is looked at every few minutes, for weeks.
inline constexpr double unlikely = 1e-6;
/// And to be acted on where no control can tell that it has the same, such as on a bad day.
inline constexpr double very_unlikely = 1e-9;

/// The measures that compare the canary's sessions with control's, in judge_comparisons.cpp.
void judge_latency_ratio(Criterion& criterion, const Context& of);
void judge_errors(Criterion& criterion, const Context& of);
void judge_feedback(Criterion& criterion, const Context& of);
void judge_cache(Criterion& criterion, const Context& of);
void judge_length(Criterion& criterion, const Context& of);
void judge_left(Criterion& criterion, const Context& of);
void judge_sample_ratio(Criterion& criterion, const Context& of);
void judge_stability(Criterion& criterion, const Context& of);

/// Those of which sessions suffer, or not, in judge_troubles.cpp.
void judge_latency(Criterion& criterion, const Context& of);
void judge_dropped(Criterion& criterion, const Context& of);
void judge_orphaned(Criterion& criterion, const Context& of);
void judge_fallbacks(Criterion& criterion, const Context& of);
void judge_alarms(Criterion& criterion, const Context& of);
/// Whether many sessions of both arms have errors at present, which no comparison sees.
bool errors_in_both_arms(const Context& of);

}  // namespace sotto::rollout

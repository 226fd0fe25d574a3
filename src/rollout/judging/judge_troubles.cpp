#include <algorithm>
#include <cmath>

#include "rollout/judging/judging.hpp"

namespace sotto::rollout {

namespace {

using std::chrono::hours;

// What is recent: the hour before the latest session ended, or as much of six as it takes for ten
// sessions.
constexpr hours recently{1}, at_most{6};
constexpr std::size_t enough_recent = 10;

struct Counts {
  std::uint64_t canary = 0, canary_all = 0, control = 0, control_all = 0;
};

constexpr std::size_t index_of(Trouble trouble) { return static_cast<std::size_t>(trouble); }

Counts recent_counts(const Context& of, Trouble trouble) {
  Counts counts;
  const auto& recent = of.evidence().recent;
  if (recent.empty()) return counts;
  const UtcTime now = recent.back().ended_at;
  for (auto one = recent.rbegin(); one != recent.rend(); ++one) {
    const auto ago = now - one->ended_at;
    const std::uint64_t so_far = counts.canary_all + counts.control_all;
    if (ago > at_most || (ago > recently && so_far >= enough_recent)) break;
    const bool has = (one->troubles >> index_of(trouble) & 1U) != 0;
    (one->canary ? counts.canary_all : counts.control_all) += 1;
    (one->canary ? counts.canary : counts.control) += has;
  }
  return counts;
}

double part(std::uint64_t of, std::uint64_t all) {
  return all > 0 ? static_cast<double>(of) / static_cast<double>(all) : 0;
}

// Against how often the rollout's sessions have it, these recent ones left out.
bool surges_now(const Context& of, Trouble trouble, const Part& now, const Part& recent,
                bool canary_alone, double chance) {
  Part usual = usually(of, trouble, canary_alone);
  usual.of -= std::min(usual.of, recent.of);
  usual.all -= std::min(usual.all, recent.all);
  return surges(now, usual, chance);
}

// Many sessions have it at present, control's as well, and the canary's are not spared.
bool in_both_arms(const Context& of, Trouble trouble, const Counts& recent) {
  const Part all{recent.canary + recent.control, recent.canary_all + recent.control_all};
  const bool canary_spared = recent.canary == 0 && recent.canary_all >= 3;
  return recent.control > 0 && !canary_spared && surges_now(of, trouble, all, all, false, unlikely);
}

// The canary's recent sessions have it far more often than usual, and control's, if any, do not.
bool in_canary_alone(const Context& of, Trouble trouble, const Counts& recent) {
  const Part canary{recent.canary, recent.canary_all};
  const bool control_too =
      2 * part(recent.control, recent.control_all) >= part(recent.canary, recent.canary_all);
  return !(recent.control > 0 && control_too) &&
         surges_now(of, trouble, canary, canary, true, very_unlikely);
}

// Only the figures are known, of hosts whose sessions' outcomes are not. They have no unit but all
// that was measured, so nothing acts unless there were sessions enough and control is well.
void judge_figures(Criterion& criterion, const Context& of, Value ArmValue(const ArmFigures&)) {
  const Figures &recent = of.readings->recent, &whole = of.readings->whole;
  const bool counts = criterion.rule.measure == Measure::fallbacks;  // so many there may be
  const auto breaches = [&](const Value& value) {
    return value && (counts ? *value > criterion.rule.limit : !(*value < criterion.rule.limit));
  };
  const Value now = ArmValue(recent.canary), ever = ArmValue(whole.canary);
  criterion.both_arms = (breaches(now) && breaches(ArmValue(recent.control))) ||
                        (breaches(ever) && breaches(ArmValue(whole.control)));
  criterion.acute =
      breaches(now) && !criterion.both_arms && recent.canary.sessions >= of.plan->action_sessions;
  if (breaches(now) || breaches(ever))
    criterion.verdict = Verdict::fail;
  else if (ever)
    criterion.verdict = Verdict::pass;
}

struct TroubleRule {
  Trouble trouble;
  bool breached;       // the phase's canary sessions are past the limit in all
  bool control_too;    // and so are control's
  bool canary_alone;   // control cannot have it
  bool surely = true;  // what there is of a limit for all sessions together is surely passed
};

void judge_trouble(Criterion& criterion, const Context& of, const TroubleRule& rule) {
  const Evidence& evidence = of.evidence();
  const std::size_t index = index_of(rule.trouble);
  const std::uint64_t troubled = evidence.canary.troubled[index], all = evidence.canary.sessions;
  criterion.canary_samples = all;
  criterion.control_samples = evidence.control.sessions;
  const Counts recent = recent_counts(of, rule.trouble);
  const double log_evidence = evidence.troubles[index].log_evidence();
  const bool weighed = of.has_control() && !rule.canary_alone;
  const bool enough = enough_to_act(*of.plan, troubled, all);
  const bool both = in_both_arms(of, rule.trouble, recent) || (rule.breached && rule.control_too);
  if (weighed)
    criterion.acute =
        rule.breached && rule.surely && enough && log_evidence >= of.bound(criterion.rule.measure);
  else
    criterion.acute = !both && rule.breached && in_canary_alone(of, rule.trouble, recent) &&
                      enough_to_act(*of.plan, recent.canary, recent.canary_all);
  const bool excused = 2 * part(evidence.control.troubled[index], evidence.control.sessions) >=
                           part(troubled, all) &&
                       !suspicious(log_evidence);
  if (criterion.acute) {
    criterion.verdict = Verdict::fail;
  } else if (both) {
    criterion.verdict = Verdict::fail;
    criterion.both_arms = true;
  } else if (all < min_sessions) {
    criterion.verdict = Verdict::not_enough_data;
  } else {
    criterion.verdict = rule.breached && !excused ? Verdict::inconclusive : Verdict::pass;
  }
}

bool sessions_known(const Context& of) { return of.evidence().rollout_sessions > 0; }

Value p95_of(const ArmFigures& arm) {
  return arm.captions >= min_captions ? arm.latency_p95_ms : std::nullopt;
}

Value worst_dropped(const ArmFigures& arm) {
  return arm.finals > 0 || arm.dropped_per_minute > 0 ? Value(arm.dropped_per_minute)
                                                      : std::nullopt;
}

Value worst_orphaned(const ArmFigures& arm) {
  return arm.sessions > 0 ? Value(arm.orphaned_per_session) : std::nullopt;
}

Value fallbacks_of(const ArmFigures& arm) {
  return arm.finals > 0 || arm.fallbacks > 0 ? Value(static_cast<double>(arm.fallbacks))
                                             : std::nullopt;
}

// The figures of both arms to be shown; the canary's of late, where there are any.
void show(Criterion& criterion, const Context& of, Value ArmValue(const ArmFigures&)) {
  const Figures &recent = of.readings->recent, &whole = of.readings->whole;
  const Value now = ArmValue(recent.canary);
  criterion.canary = now ? now : ArmValue(whole.canary);
  const Value control = ArmValue(recent.control);
  criterion.control = control ? control : ArmValue(whole.control);
}

bool any(const Context& of, Trouble trouble) {
  return of.evidence().canary.troubled[index_of(trouble)] > 0;
}

}  // namespace

Part usually(const Context& of, Trouble trouble, bool canary_alone) {
  const Evidence& evidence = of.evidence();
  return canary_alone
             ? Part{evidence.rollout_canary_troubled[index_of(trouble)],
                    evidence.rollout_canary_sessions}
             : Part{evidence.rollout_troubled[index_of(trouble)], evidence.rollout_sessions};
}

bool surges(const Part& now, const Part& usually, double chance) {
  const double share = part(now.of, now.all);
  if (now.of < 3 || share < 1.0 / 3) return false;
  const double usual =
      (static_cast<double>(usually.of) + 0.5) / (static_cast<double>(usually.all) + 10);
  if (share <= usual) return false;
  const double others = share < 1 ? (1 - share) * std::log((1 - share) / (1 - usual)) : 0;
  return static_cast<double>(now.all) * (share * std::log(share / usual) + others) >=
         -std::log(chance);
}

TroubleLimits trouble_limits(const Phase& phase) {
  TroubleLimits limits;
  for (const Rule& rule : phase.rules) {
    if (rule.measure == Measure::latency_p95) limits.latency_ms = rule.limit;
    if (rule.measure == Measure::dropped) limits.dropped = rule.limit;
    if (rule.measure == Measure::orphaned) limits.orphaned = rule.limit;
  }
  return limits;
}

bool enough_to_act(const Plan& plan, std::uint64_t troubled, std::uint64_t sessions) {
  return troubled >= plan.action_sessions &&
         100 * troubled >= static_cast<std::uint64_t>(plan.action_share) * sessions;
}

bool errors_in_both_arms(const Context& of) {
  return in_both_arms(of, Trouble::failed, recent_counts(of, Trouble::failed));
}

void judge_latency(Criterion& criterion, const Context& of) {
  show(criterion, of, p95_of);
  if (!sessions_known(of)) return judge_figures(criterion, of, p95_of);
  const ArmEvidence& canary = of.evidence().canary;
  const auto beyond = [](double late, double captions) {
    return captions > 0 && late >= 0.05 * captions;
  };
  const auto surely = [&](const ArmEvidence& arm) {
    return arm.late_limit.log_evidence() >= of.bound(Measure::latency_p95);
  };
  double late[2] = {}, captions[2] = {};  // of the latest sessions; of control, of the canary
  std::uint64_t sessions[2] = {};
  for (const RecentSession& one : of.evidence().recent) {
    late[one.canary] += one.late_captions;
    captions[one.canary] += one.captions;
    ++sessions[one.canary];
  }
  const bool now = sessions[1] >= of.plan->action_sessions && beyond(late[1], captions[1]);
  judge_trouble(
      criterion, of,
      {Trouble::late, now || beyond(canary.late, canary.captions),
       beyond(late[0], captions[0]) && surely(of.evidence().control), false, surely(canary)});
}

void judge_dropped(Criterion& criterion, const Context& of) {
  show(criterion, of, worst_dropped);
  if (!sessions_known(of)) return judge_figures(criterion, of, worst_dropped);
  judge_trouble(criterion, of, {Trouble::dropped, any(of, Trouble::dropped), false, true});
}

void judge_orphaned(Criterion& criterion, const Context& of) {
  show(criterion, of, worst_orphaned);
  if (!sessions_known(of)) return judge_figures(criterion, of, worst_orphaned);
  judge_trouble(criterion, of, {Trouble::orphaned, any(of, Trouble::orphaned), false, false});
}

void judge_fallbacks(Criterion& criterion, const Context& of) {
  show(criterion, of, fallbacks_of);
  if (!sessions_known(of)) return judge_figures(criterion, of, fallbacks_of);
  judge_trouble(criterion, of, {Trouble::fell_back, any(of, Trouble::fell_back), false, false});
}

}  // namespace sotto::rollout

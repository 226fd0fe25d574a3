#include "rollout/controller.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <span>

#include "rollout/controller_parts.hpp"

namespace sotto::rollout {

namespace {

using std::chrono::hours;

constexpr std::size_t most_remembered = 100;

void remember(std::vector<UtcTime>& times, UtcTime now) {
  times.push_back(now);
  if (times.size() > most_remembered) times.erase(times.begin());
}

void listen_for_alarms(State& state, const std::vector<std::string>& acting, UtcTime now) {
  const bool on = !acting.empty();
  if (on && !state.alarm_on) remember(state.alarm_rings, now);
  state.alarm_on = on;
}

bool breached(const State& state, const Criterion& criterion) {
  const Rule& rule = criterion.rule;
  if (rule.of == 1) return criterion.acute;
  const std::uint32_t looked = state.breaches[static_cast<std::size_t>(rule.measure)];
  const std::uint32_t latest = rule.of >= 32 ? looked : looked & ((1U << rule.of) - 1);
  return std::popcount(latest) >= rule.breaches;
}

// What an alarm that is on leads to; the worst of them, and no worse than its criterion says. Those
// that ring by control alone are no reason to take the feature from the canary.
Remedy remedy_of_alarms(const Plan& plan, const Rule& rule, const std::vector<std::string>& on) {
  Remedy worst = Remedy::hold;
  for (const AlarmRemedy& known : plan.alarms)
    if (std::find(on.begin(), on.end(), known.alarm) != on.end())
      worst = std::max(worst, known.remedy);
  return rule.remedy == Remedy::hold ? Remedy::hold : worst;
}

// Of the criteria as they stand now, those as they count: after their warm-up, acute only when
// enough of the last looks breached, with the remedy that its alarms have.
void settle(const State& state, std::vector<Criterion>& criteria,
            const std::vector<std::string>& acting, UtcTime now) {
  for (Criterion& criterion : criteria) {
    if (criterion.rule.measure == Measure::alarms)
      criterion.rule.remedy = remedy_of_alarms(state.plan, criterion.rule, acting);
    if (criterion.verdict == Verdict::voided) continue;
    if (now - state.phase_began_at < criterion.rule.warm_up) {
      criterion.acute = false;
      criterion.verdict = Verdict::not_enough_data;
    } else {
      const bool now_only = criterion.acute;
      criterion.acute = breached(state, criterion);
      if (criterion.acute) {
        criterion.verdict = Verdict::fail;
        criterion.both_arms = false;
      } else if (now_only)
        criterion.verdict = Verdict::not_enough_data;
    }
  }
}

// A look that could not see says nothing of what breaches.
void look(State& state, const std::vector<Criterion>& criteria, const Readings& readings,
          UtcTime now) {
  const auto period = milliseconds(state.plan.look_every);
  const bool due = now.time_since_epoch() / period != state.looked_at.time_since_epoch() / period;
  if (!due) return;
  state.looked_at = now;
  state.alarm_looks += !readings.canary_alarms.empty();
  for (const Criterion& criterion : criteria) {
    if (!readings.figures_known && judged_by_figures(criterion.rule.measure)) continue;
    std::uint32_t& ring = state.breaches[static_cast<std::size_t>(criterion.rule.measure)];
    ring = ring << 1U | static_cast<std::uint32_t>(criterion.acute);
  }
}

struct Guarded {
  Remedy remedy = Remedy::hold;
  Breach why;
};

Guarded guard(const std::vector<Criterion>& criteria, const std::vector<std::string>& acting) {
  Guarded worst;
  for (const Criterion& criterion : criteria) {
    if (!criterion.acute || criterion.rule.remedy <= worst.remedy) continue;
    worst = {criterion.rule.remedy, breach_of(criterion, acting)};
  }
  return worst;
}

Step roll_back(State state, const FlagSeen& flag, std::vector<Criterion> criteria,
               const Guarded& guarded, UtcTime now) {
  const Phase phase = state.plan.phases[state.phase];
  FlagTarget target = flag.flag;
  const bool disable = guarded.remedy == Remedy::disable;
  if (disable) {
    target.enabled = false;
  } else if (state.phase == 0) {
    target = target_of(state.plan, phase);
    target.rollout_percentage = 0;
    target.recall_live = true;
  } else {
    --state.phase;
    target = target_of(state.plan, state.plan.phases[state.phase]);
    target.recall_live = true;
  }
  state.status = Status::rolled_back;
  state.latch = Latch{now, guarded.remedy, phase.name, guarded.why};
  remember(state.rollbacks, now);
  begin_phase(state, now);
  state.judged_from = now;
  Step step;
  step.criteria = std::move(criteria);
  step.flag_first = true;
  step.advice = Advice::roll_back;
  step.why = RolledBack{guarded.remedy, target.rollout_percentage, guarded.why};
  decide(state, target, flag, controller_name, describe(step.why));
  note(state, step, disable ? EventKind::disabled : EventKind::stepped_back, now, controller_name,
       flag.flag.enabled ? flag.flag.rollout_percentage : 0,
       disable ? 0 : target.rollout_percentage);
  step.state = std::move(state);
  return step;
}

// How sure an exclusion is, and about how many sessions more would bring it, at the rate at which
// they have come.
void say_what_would_tell(Obstacle& obstacle, const State& state,
                         const std::vector<Criterion>& criteria, const Readings& readings,
                         UtcTime now) {
  std::array<char, 32> sure{};
  std::snprintf(sure.data(), sure.size(), " (at %.4g %%)", 100 * (1 - state.plan.promotion_alpha));
  obstacle.text += sure.data();
  std::uint64_t more = 0;
  for (const Criterion& criterion : criteria) {
    if (criterion.verdict != Verdict::inconclusive) continue;
    if (!criterion.more_sessions) return;
    more = std::max(more, *criterion.more_sessions);
  }
  obstacle.sessions = more;
  const double hours_so_far =
      std::chrono::duration<double, std::ratio<3600>>(now - state.judged_from).count();
  const auto sessions = static_cast<double>(readings.evidence.rollout_sessions);
  if (sessions > 0 && hours_so_far > 0)
    obstacle.needed =
        static_cast<std::uint64_t>(std::ceil(static_cast<double>(more) * hours_so_far / sessions));
}

// What keeps a phase from its end beside its bake time.
Obstacle obstacle(const State& state, const std::vector<Criterion>& criteria,
                  const Readings& readings, UtcTime now) {
  const Phase& phase = state.plan.phases[state.phase];
  Obstacle standing = obstacle_of(criteria);
  if (standing.kind == ObstacleKind::inconclusive)
    say_what_would_tell(standing, state, criteria, readings, now);
  if (stands(standing) && !(unsettled(standing) && state.approved_unsettled)) return standing;
  const int share = canary_share(state.plan, phase);
  const auto few = [&](ObstacleKind arm, std::uint64_t ended) {
    return Obstacle{.kind = arm, .sessions = ended, .needed = phase.min_sessions};
  };
  const Evidence& evidence = readings.evidence;
  if (!state.approved_unsettled && share > 0 && evidence.canary.sessions < phase.min_sessions)
    return few(ObstacleKind::canary_sessions, evidence.canary.sessions);
  if (!state.approved_unsettled && share < 100 && evidence.control.sessions < phase.min_sessions)
    return few(ObstacleKind::control_sessions, evidence.control.sessions);
  if (const Freeze* freeze = freeze_at(state.plan, now))
    return {.kind = ObstacleKind::freeze, .until = freeze->to, .text = freeze->why};
  if (phase.approval && state.approved_by.empty()) return {.kind = ObstacleKind::approval};
  return {};
}

std::string without_numbers(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

// Whether what was said is said again. Counts and times change with every look and do not matter;
// nor do criteria that are not named.
bool same(const Obstacle& said, const Obstacle& now) {
  if (unsettled(said) && unsettled(now)) return said.asks == now.asks;
  if (said.kind == ObstacleKind::written)
    return without_numbers(said.text) == without_numbers(describe(now));
  const auto named = [](const Obstacle& obstacle) {
    return std::span(obstacle.measures).first(std::min(obstacle.measures.size(), named_measures));
  };
  const auto more = [](const Obstacle& of) { return of.measures.size() > named_measures; };
  return said.kind == now.kind && std::ranges::equal(named(said), named(now)) &&
         more(said) == more(now) && without_numbers(said.text) == without_numbers(now.text);
}

// Whether what it is held for has not passed, although it fails no more: where it is surely past
// its limit, one look more may act on it.
bool undecided(const Obstacle& holding, const std::vector<Criterion>& criteria) {
  if (holding.kind != ObstacleKind::criteria_fail && holding.kind != ObstacleKind::both_arms)
    return false;
  return std::ranges::any_of(criteria, [&](const Criterion& criterion) {
    return criterion.verdict == Verdict::not_enough_data &&
           std::ranges::find(holding.measures, criterion.rule.measure) != holding.measures.end();
  });
}

// Says so when something begins or ceases to keep the rollout from its next phase.
void hold(State& state, Step& step, const Obstacle& kept, bool worth_saying, UtcTime now) {
  const int percentage = state.plan.phases[state.phase].rollout_percentage;
  std::variant<Obstacle, Baking> waits_for = kept;
  if (!stands(kept)) waits_for = Baking{bake_left(state)};
  std::visit([&](const auto& one) { step.why = one; }, waits_for);
  if (worth_saying && !same(state.holding, kept)) {
    state.holding = kept;
    note(state, step, EventKind::held, now, controller_name, percentage, percentage);
  } else if (!worth_saying && stands(state.holding) && !undecided(state.holding, step.criteria)) {
    step.why = WentOn{std::move(waits_for)};
    state.holding = {};
    note(state, step, EventKind::went_on, now, controller_name, percentage, percentage);
  }
}

bool fails(const std::vector<Criterion>& criteria) {
  return std::any_of(criteria.begin(), criteria.end(),
                     [](const Criterion& criterion) { return criterion.verdict == Verdict::fail; });
}

// Somebody has set the flag by hand: the rollout waits for a person.
void pause_overruled(State& state, Step& step, const FlagSeen& flag, UtcTime now) {
  state.status = Status::paused;
  step.why =
      Overruled{flag.version, flag.flag.enabled, flag.flag.rollout_percentage, flag.changed_by};
  note(state, step, EventKind::overruled, now, controller_name,
       state.plan.phases[state.phase].rollout_percentage,
       flag.flag.enabled ? flag.flag.rollout_percentage : 0);
}

// A running rollout, of which nothing has to be taken back: it bakes, waits, or goes on.
Step bake(State state, Step step, const FlagSeen& flag, const Readings& readings,
          milliseconds passed, UtcTime now) {
  if (!readings.figures_known) {
    hold(state, step, {.kind = ObstacleKind::figures_unreadable}, true, now);
    step.state = std::move(state);
    return step;
  }
  const bool silent = !readings.newest || now - *readings.newest > max_silence;
  if (!silent && !fails(step.criteria)) state.baked += passed;
  Obstacle kept = obstacle(state, step.criteria, readings, now);
  const bool baked = bake_left(state) <= milliseconds{0};
  kept.asks = baked && unsettled(kept);
  if (baked && !stands(kept) && !silent)
    return promote(std::move(state), flag, std::move(step), readings, EventKind::promoted,
                   controller_name, now);
  const UtcTime heard = std::max(readings.newest.value_or(UtcTime{}), state.phase_began_at);
  const bool long_silent = now - heard > max_silence;
  const Obstacle why = long_silent ? Obstacle{.kind = ObstacleKind::silence} : kept;
  const bool worth_saying = fails(step.criteria) || (baked && stands(why)) || long_silent;
  if (!stands(why)) step.advice = Advice::go_on;
  hold(state, step, why, worth_saying, now);
  step.state = std::move(state);
  return step;
}

}  // namespace

Step step(State state, const FlagSeen& flag, const std::optional<Readings>& measured, UtcTime now,
          const Judge& judged_by) {
  Step step;
  const auto passed = std::clamp(now - state.stepped_at, milliseconds{0}, milliseconds{max_gap});
  state.stepped_at = now;
  state.phase_began_at = std::min(state.phase_began_at, now);  // the clock went back
  const auto unchanged = [&](Explanation why) {
    step.why = std::move(why);
    step.state = std::move(state);
    return std::move(step);
  };
  if (state.pending) {
    step.flag_first = true;
    return unchanged(FlagPending{});
  }
  const bool stepped_back =
      state.status == Status::rolled_back && state.latch->remedy == Remedy::step_back;
  if (state.status == Status::rolled_back &&
      (!stepped_back || !measured || now - state.phase_began_at < guarded_after))
    return unchanged(TakenBack{state.latch->why});
  if (state.status == Status::aborted) return unchanged(Aborted{});
  if (state.status != Status::paused && !stepped_back && !in_force(state, flag)) {
    pause_overruled(state, step, flag, now);
    return unchanged(step.why);
  }
  if (!measured) {
    hold(state, step, {.kind = ObstacleKind::not_measured}, state.status == Status::running, now);
    return unchanged(step.why);
  }
  Readings readings = complete(state, *measured, now);
  const Phase& phase = state.plan.phases[state.phase];
  const std::vector<std::string> acting = acting_alarms(state.plan, phase, readings);
  listen_for_alarms(state, acting, now);
  readings = complete(state, std::move(readings), now);
  step.criteria = judged_by(state.plan, phase, readings);
  look(state, step.criteria, readings, now);
  settle(state, step.criteria, acting, now);
  const Guarded guarded = guard(step.criteria, acting);
  const bool anybody = flag.flag.enabled && flag.flag.rollout_percentage > 0;
  if (guarded.remedy != Remedy::hold && anybody)
    return roll_back(std::move(state), flag, std::move(step.criteria), guarded, now);
  if (stepped_back) return unchanged(TakenBack{state.latch->why});
  if (state.status != Status::running) {
    const Judgement judgement = sum_up(step.criteria);
    if (state.status == Status::completed && readings.figures_known) step.advice = judgement.advice;
    return unchanged(judgement.why);
  }
  return bake(std::move(state), std::move(step), flag, readings, passed, now);
}

}  // namespace sotto::rollout

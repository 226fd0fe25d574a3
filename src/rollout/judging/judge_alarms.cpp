#include <algorithm>
#include <cmath>

#include "rollout/judging/judging.hpp"

namespace sotto::rollout {

namespace {

double log_choose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

// The chance that as many of the sessions that an alarm is about are the canary's, or more, where
// each live session is as likely to be one of them (Fisher 1935, "The logic of inductive
// inference").
double chance_of(const AlarmSessions& of) {
  const auto canary = static_cast<double>(std::max(of.canary, of.canary_active)),
             control = static_cast<double>(std::max(of.control, of.control_active)),
             troubled = static_cast<double>(of.canary + of.control);
  double chance = 0;
  for (double k = static_cast<double>(of.canary); k <= std::min(canary, troubled); ++k)
    if (troubled - k <= control)
      chance += std::exp(log_choose(canary, k) + log_choose(control, troubled - k) -
                         log_choose(canary + control, troubled));
  return chance;
}

// An alarm is looked at again and again. The j-th look of a phase at which one is on may spend
// alpha/(j·(j + 1)), which adds up to alpha over all of them.
double spent(const Context& of) {
  const auto looks = static_cast<double>(of.readings->alarm_looks);
  return of.plan->alpha / ((looks + 1) * (looks + 2));
}

const AlarmSessions* sessions_behind(const Readings& readings, const std::string& alarm) {
  const auto& all = readings.alarm_sessions;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const AlarmSessions& one) { return one.alarm == alarm; });
  return found == all.end() ? nullptr : &*found;
}

double part(std::uint64_t of, std::uint64_t all) {
  return all > 0 ? static_cast<double>(of) / static_cast<double>(all) : 0;
}

// How many sessions of the rollout had what the guide's alarm is about.
Part usually(const Context& of, const std::string& alarm, bool canary_alone) {
  const auto counted = [&](Trouble trouble) { return usually(of, trouble, canary_alone); };
  if (alarm.ends_with("latency-high")) return counted(Trouble::late_once);
  if (alarm.ends_with("rate-limit-high")) return counted(Trouble::dropped);
  if (alarm.ends_with("orphaned-results-high")) return counted(Trouble::orphaned);
  if (alarm.ends_with("transcribe-fallback")) return counted(Trouble::fell_back);
  if (alarm.ends_with("lambda-errors")) return counted(Trouble::failed);
  return {};
}

bool canary_is_worse(const Context& of, const AlarmSessions& sessions) {
  if (!enough_to_act(*of.plan, sessions.canary, sessions.canary_active)) return false;
  if (of.has_control()) return sessions.control_active > 0 && chance_of(sessions) <= spent(of);
  // Control is too small to weigh anything, but it can tell that it has the same.
  return surges({sessions.canary, sessions.canary_active}, usually(of, sessions.alarm, true),
                very_unlikely) &&
         2 * part(sessions.control, sessions.control_active) <
             part(sessions.canary, sessions.canary_active);
}

}  // namespace

std::vector<std::string> acting_alarms(const Plan& plan, const Phase& phase,
                                       const Readings& readings) {
  const Context of{&plan, &phase, &readings};
  std::vector<std::string> acting;
  for (const std::string& alarm : readings.canary_alarms) {
    const AlarmSessions* sessions = sessions_behind(readings, alarm);
    if (sessions && canary_is_worse(of, *sessions)) acting.push_back(alarm);
  }
  return acting;
}

// Those that too few sessions are behind, or no more than usual, are left to who watches the
// service: an alarm at night that one talk sets off holds nobody up.
void judge_alarms(Criterion& criterion, const Context& of) {
  const Readings& readings = *of.readings;
  const std::vector<std::string> acting = acting_alarms(*of.plan, *of.phase, readings);
  std::uint64_t on = 0, on_in_both = 0;
  for (const std::string& alarm : readings.alarms_on) {
    const AlarmSessions* sessions = sessions_behind(readings, alarm);
    const bool known = sessions != nullptr;
    if (known && (sessions->canary + sessions->control < of.plan->action_sessions ||
                  !surges({sessions->canary + sessions->control,
                           sessions->canary_active + sessions->control_active},
                          usually(of, alarm, false), unlikely)))
      continue;
    ++on;
    const bool spared = known && sessions->canary == 0 && sessions->canary_active >= 3;
    on_in_both += known && sessions->control > 0 && !spared;
  }
  criterion.acute = !acting.empty();
  on = std::max<std::uint64_t>(on, acting.size());
  criterion.canary = static_cast<double>(std::max(on, readings.alarms_rung));
  criterion.both_arms = !criterion.acute && on_in_both > 0;
  criterion.verdict = *criterion.canary > 0 ? Verdict::fail : Verdict::pass;
}

}  // namespace sotto::rollout

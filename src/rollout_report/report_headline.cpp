#include <algorithm>

#include "rollout_controller/notice.hpp"
#include "rollout_report/report_document.hpp"
#include "rollout_report/report_words.hpp"

namespace sotto::rollout_report {

using rollout::Advice;
using rollout::EventKind;
using rollout::Status;

namespace {

std::string percent_on(const ReportInput& input) {
  if (!input.flag) return "there is no flag";
  if (!input.flag->enabled) return "the flag is off";
  return "the flag is at " + std::to_string(input.flag->percentage) + " %";
}

const rollout::RolloutEvent* last_of(const ReportInput& input,
                                     std::initializer_list<EventKind> kinds) {
  const auto found =
      std::find_if(input.events.rbegin(), input.events.rend(), [&](const auto& event) {
        return std::find(kinds.begin(), kinds.end(), event.kind) != kinds.end();
      });
  return found == input.events.rend() ? nullptr : &*found;
}

std::string by_whom(const rollout::RolloutEvent* event) {
  if (!event) return ".";
  return " by " + plain(event->by, 100) + ", " + moment(event->at) + ": " + plain(event->why);
}

std::string phase_words(const ReportInput& input) {
  const rollout::State& state = input.judged->standing.state;
  const rollout::Phase& phase = state.plan.phases[state.phase];
  return "Phase " + plain(phase.name) + ", " + std::to_string(phase.rollout_percentage) + " %: ";
}

ReportCell running(const ReportInput& input) {
  const rollout::Judgement now = rollout::sum_up(input.judged->criteria);
  const std::string why = plain(input.judged->why);
  switch (now.advice) {
    case Advice::go_on: return {phase_words(input) + "safe to go on. " + why, Tone::pass};
    case Advice::roll_back: return {phase_words(input) + "roll back. " + why, Tone::fail};
    case Advice::hold: break;
  }
  return {phase_words(input) + "hold. " + why, Tone::open};
}

ReportCell rolled_back(const ReportInput& input) {
  const rollout::Latch& latch = *input.judged->standing.state.latch;
  const std::string when = " on " + moment(latch.at) + " in phase " + plain(latch.phase);
  if (latch.remedy == rollout::Remedy::disable)
    return {"Disabled for everybody" + when + ": " + plain(describe(latch.why)), Tone::fail};
  return {"Rolled back" + when + " (" + percent_on(input) + "): " + plain(describe(latch.why)),
          Tone::fail};
}

ReportCell completed(const ReportInput& input) {
  const rollout::Judgement now = rollout::sum_up(input.judged->criteria);
  const auto* event = last_of(input, {EventKind::completed});
  const std::string done =
      "Rolled out" + (event ? ", " + moment(event->at) : std::string()) + "; " + percent_on(input);
  if (now.advice == Advice::go_on) return {done + ", and all is well.", Tone::pass};
  return {done + ". " + describe(now.why), now.advice == Advice::hold ? Tone::open : Tone::fail};
}

Tone tone_of(EventKind kind) {
  switch (kind) {
    case EventKind::stepped_back:
    case EventKind::disabled:
    case EventKind::aborted: return Tone::fail;
    case EventKind::promoted:
    case EventKind::completed: return Tone::pass;
    default: return Tone::open;
  }
}

// What was decided last in a range; what has been since then is not in the records.
ReportCell decided_last(const ReportInput& input) {
  if (!input.last) return {"No rollout had been started.", Tone::open};
  const rollout::RolloutEvent& event = input.last->event;
  return {std::string(rollout_controller::title_of(event.kind)) + by_whom(&event),
          tone_of(event.kind)};
}

}  // namespace

ReportCell report_headline(const ReportInput& input) {
  if (input.period == ReportPeriod::range) return decided_last(input);
  if (!input.judged) return {"No rollout has been started; " + percent_on(input) + ".", Tone::open};
  switch (input.judged->status()) {
    case Status::running: return running(input);
    case Status::rolled_back: return rolled_back(input);
    case Status::completed: return completed(input);
    case Status::aborted:
      return {"Given up" + by_whom(last_of(input, {EventKind::aborted})), Tone::fail};
    case Status::paused: break;
  }
  if (input.judged->present && !input.judged->present->about_to.empty())
    return {phase_words(input) + "hold. " + input.judged->present->about_to, Tone::open};
  const auto* event = last_of(input, {EventKind::paused, EventKind::overruled, EventKind::cleared});
  return {phase_words(input) + "hold. Paused" + by_whom(event), Tone::open};
}

}  // namespace sotto::rollout_report

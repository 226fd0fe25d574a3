#include "simulation/play.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <variant>

#include "simulation/alarms.hpp"
#include "simulation/window.hpp"

namespace sotto::simulation {

using rollout::Criterion;
using rollout::EventKind;
using rollout::Readings;
using rollout::Status;
using rollout::Step;
using rollout::Verdict;

namespace {

constexpr std::chrono::minutes look_every{1};
constexpr std::chrono::hours recent{1};

bool fails(const Criterion& criterion) { return criterion.verdict == Verdict::fail; }

// The criterion that a rollback or a hold is for; null for a hold that waits for something else.
const Criterion* culprit(const Step& step) {
  const Criterion* worst = nullptr;
  for (const Criterion& criterion : step.criteria) {
    if (!fails(criterion) || criterion.both_arms) continue;
    const auto rank = [](const Criterion& one) {
      return one.acute ? static_cast<int>(one.rule.remedy) : -1;
    };
    if (!worst || rank(criterion) > rank(*worst)) worst = &criterion;
  }
  return worst;
}

class Play {
 public:
  Play(const rollout::Plan& plan, const Traffic& traffic, const PlayOptions& options)
      : traffic_(traffic), options_(options), now_(options.started_at) {
    rollout::Command start{.kind = rollout::Command::Kind::start, .by = "simulation", .reason = ""};
    start.plan = plan;
    flag_ = {1, {.rollout_percentage = 0}, start.by};
    take(rollout::command(std::nullopt, start, flag_, std::nullopt, now_).value());
  }

  Played run() {
    const UtcTime end = options_.started_at + options_.at_most;
    while (now_ < end && state_.status == Status::running) {
      now_ += look_every;
      begin_sessions();
      end_sessions();
      measure();
      look();
    }
    return finish();
  }

 private:
  const rollout::Phase& phase() const { return state_.plan.phases[state_.phase]; }
  bool with_effect(const Session& session) const {
    return session.outcome.began_at >= options_.effect_from;
  }

  void begin_sessions() {
    while (auto session = traffic_(now_, flag_.flag)) {
      alarms_.began(*session);
      if (session->outcome.canary) canary_alarms_.began(*session);
      played_.exposed += session->outcome.canary && !flag_.flag.a_a && with_effect(*session);
      live_.push_back(std::move(*session));
      std::push_heap(live_.begin(), live_.end(), later);
    }
  }

  void end_sessions() {
    while (!live_.empty() && live_.front().outcome.ended_at <= now_) {
      std::pop_heap(live_.begin(), live_.end(), later);
      ended(live_.back());
      live_.pop_back();
    }
  }

  void ended(const Session& session) {
    const rollout::SessionOutcome& outcome = session.outcome;
    ++played_.sessions;
    played_.canary_sessions += outcome.canary;
    if (with_effect(session)) {
      ++until_found_.sessions;
      until_found_.canary_sessions += outcome.canary;
    }
    recent_.add(session);
    whole_.add(session);
    if (outcome.began_at >= state_.judged_from) {
      const bool in_phase = outcome.began_at >= state_.phase_began_at &&
                            outcome.percentage == rollout::canary_share(state_.plan, phase());
      readings_->evidence.add(outcome, in_phase);
      played_.compared += in_phase;
    }
    readings_->newest = outcome.ended_at;
    figures_changed_ = true;
    if (options_.ended) options_.ended(outcome);
  }

  // What a server would read now.
  void measure() {
    if (recent_.forget_until(now_ - recent) || figures_changed_) {
      readings_->recent = recent_.figures();
      readings_changed_ = true;
    }
    if (whole_.forget_until(now_ - std::max(phase().bake, recent)) || figures_changed_) {
      readings_->whole = whole_.figures();
      readings_changed_ = true;
    }
    figures_changed_ = false;
    const bool looked = alarms_.look(now_);
    if (canary_alarms_.look(now_) || looked) {
      read_alarms();
      readings_changed_ = true;
    }
    readings_->taken_at = now_;
    if (!live_.empty()) readings_->newest = now_;
  }

  void read_alarms() {
    readings_->alarms_on = alarms_.on();
    readings_->canary_alarms = canary_alarms_.on();
    readings_->alarm_sessions.clear();
    std::set<std::string> names(alarms_.on().begin(), alarms_.on().end());
    names.insert(canary_alarms_.on().begin(), canary_alarms_.on().end());
    for (const std::string& name : names) readings_->alarm_sessions.push_back(alarms_.behind(name));
  }

  // Criteria are judged anew where what they are judged by has changed: the readings, and what the
  // state adds to them. What else it adds changes with the phase.
  std::vector<Criterion> judge(const rollout::Plan& plan, const rollout::Phase& of,
                               const Readings& readings) {
    const std::array<std::uint64_t, 3> added = {readings.alarms_rung, readings.rollbacks,
                                                readings.alarm_looks};
    if (!options_.memoise || readings_changed_ || added != added_)
      judged_ = rollout::judge(plan, of, readings);
    readings_changed_ = false;
    added_ = added;
    return judged_;
  }

  void look() { take(rollout::step(std::move(state_), flag_, readings_, now_, judge_)); }

  void take(Step step) {
    state_ = std::move(step.state);
    played_.why = describe(step.why);
    const auto* waits_for = std::get_if<rollout::Obstacle>(&step.why);
    asks_ = waits_for && waits_for->asks;
    if (step.event && step.event->kind == EventKind::held && waits_for) {
      played_.said_both_arms |= waits_for->kind == rollout::ObstacleKind::both_arms;
      played_.said_assignment_fault |= waits_for->kind == rollout::ObstacleKind::assignment_fault;
      played_.asked |= waits_for->asks;
    }
    if (std::any_of(step.criteria.begin(), step.criteria.end(), fails))
      played_.failing += look_every;
    if (step.event) happened(*step.event, step);
    if (!state_.pending) return;
    flag_ = {flag_.version + 1, state_.pending->target, state_.pending->by};
    state_ = rollout::flag_written(std::move(state_), true);
  }

  void happened(const rollout::RolloutEvent& event, const Step& step) {
    played_.events.push_back(event);
    const bool taken_back =
        event.kind == EventKind::disabled || event.kind == EventKind::stepped_back;
    const Criterion* by = taken_back || event.kind == EventKind::held ? culprit(step) : nullptr;
    if (!by) {
      played_.found.reset();  // what it was held for is over
    } else if (taken_back || !played_.found) {
      played_.found = until_found_;
      played_.found->kind = event.kind;
      played_.found->by = by->rule.measure;
      played_.found->phase = taken_back ? state_.latch->phase : event.phase;
      played_.found->at = now_;
    }
    const bool moved = event.kind == EventKind::started || event.kind == EventKind::promoted;
    if (moved && event.percentage_after == 100 && !played_.to_full)
      played_.to_full = now_ - options_.started_at;
    if (moved) begin_phase();
  }

  void begin_phase() {
    recent_.clear();
    whole_.clear();
    rollout::Evidence evidence = std::move(readings_->evidence);
    evidence.begin_phase();
    evidence.limits = rollout::trouble_limits(phase());
    readings_ = Readings{};
    readings_->evidence = std::move(evidence);
    read_alarms();
    figures_changed_ = readings_changed_ = true;
  }

  Played finish() {
    const bool overdue = now_ - state_.phase_began_at > phase().bake;
    played_.ending = state_.status == Status::completed     ? Ending::completed
                     : state_.status == Status::rolled_back ? Ending::rolled_back
                     : asks_                                ? Ending::asks
                     : overdue || played_.found             ? Ending::stuck
                                                            : Ending::on_its_way;
    played_.phase = phase().name;
    played_.held = stands(state_.holding);
    played_.percentage = flag_.flag.enabled ? flag_.flag.rollout_percentage : 0;
    played_.ended_at = now_;
    return std::move(played_);
  }

  static bool later(const Session& a, const Session& b) {
    return a.outcome.ended_at > b.outcome.ended_at;
  }

  // constant after construction
  const Traffic traffic_;
  const PlayOptions options_;
  const rollout::Judge judge_ = [this](const auto& plan, const auto& of, const auto& readings) {
    return judge(plan, of, readings);
  };

  UtcTime now_;
  rollout::State state_;
  rollout::FlagSeen flag_;
  std::vector<Session> live_;  // a heap, the first to end in front
  FiguresWindow recent_, whole_;
  GuideAlarms alarms_, canary_alarms_;
  std::optional<Readings> readings_ = Readings{};
  bool figures_changed_ = true;  // since measure()
  bool asks_ = false;            // for a person's approval, at the last look
  Found until_found_;
  Played played_;

  // what judge() remembers
  bool readings_changed_ = true;  // since then
  std::vector<Criterion> judged_;
  std::array<std::uint64_t, 3> added_{};
};

}  // namespace

int canary_share(const rollout::FlagTarget& flag) {
  return flag.enabled ? std::min(flag.rollout_percentage, 100 - flag.control_percentage) : 0;
}

std::string_view to_string(Ending ending) {
  switch (ending) {
    case Ending::completed: return "completed";
    case Ending::on_its_way: return "on_its_way";
    case Ending::asks: return "asks";
    case Ending::stuck: return "stuck";
    case Ending::rolled_back: return "rolled_back";
  }
  return "stuck";
}

Played play(const rollout::Plan& plan, const Traffic& traffic, const PlayOptions& options) {
  return Play(plan, traffic, options).run();
}

}  // namespace sotto::simulation

#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rollout/controller.hpp"
#include "tests/support/rollout_readings.hpp"

// What the tests of the controller share.
namespace sotto::rollout {

using std::chrono::hours;
using std::chrono::minutes;
using testing::healthy_evidence;
using testing::healthy_readings;

inline constexpr UtcTime beginning{hours{24 * 365 * 50}};

inline Command say(Command::Kind kind, std::string reason = "") {
  return {.kind = kind, .by = "ada", .reason = std::move(reason)};
}

// A rollout with its flag, under a clock that only the test moves.
class Rollout {
 public:
  explicit Rollout(Plan plan) {
    Command start = say(Command::Kind::start);
    start.plan = std::move(plan);
    take(command(std::nullopt, start, flag, std::nullopt, now));
  }

  Result<> tell(const Command& what) {
    auto done = command(state, what, flag, readings(), now);
    if (!done) return tl::unexpected(done.error());
    take(std::move(done));
    return {};
  }

  // A look every `every`, for a time or until something happens.
  Step go(milliseconds time, milliseconds every = minutes{5}) {
    Step last;
    for (const UtcTime end = now + time; now < end;) {
      now += every;
      last = step(*state, flag, readings(), now);
      if (last.event) events.push_back(*last.event);
      state = last.state;
      make_flag();
      if (last.event) return last;
    }
    return last;
  }

  const RolloutEvent& last_event() const { return events.back(); }
  int share() const { return canary_share(state->plan, state->plan.phases[state->phase]); }

  std::optional<State> state;
  FlagSeen flag{1, {true, 0, 0, false, false}, "ada"};
  UtcTime now = beginning;
  std::function<void(Readings&)> spoil = [](Readings&) {};
  bool measured = true;
  int sessions = 2000;
  std::vector<RolloutEvent> events;

 private:
  std::optional<Readings> readings() {
    if (!measured) return std::nullopt;
    Readings reading = cached();
    reading.taken_at = now;
    reading.newest = now;
    spoil(reading);
    return reading;
  }

  const Readings& cached() {
    if (!made_ || made_for_ != std::pair(share(), sessions)) {
      made_for_ = {share(), sessions};
      made_ = healthy_readings(share(), sessions, now);
    }
    return *made_;
  }

  void take(Result<Step> step) {
    ASSERT_TRUE(step) << step.error().message;
    if (step->event) events.push_back(*step->event);
    state = std::move(step->state);
    make_flag();
  }

  void make_flag() {
    if (!state->pending) return;
    flag = {flag.version + 1, state->pending->target, state->pending->by};
    state = flag_written(*state, true);
  }

  std::optional<Readings> made_;
  std::pair<int, int> made_for_;
};

using testing::add_sessions;
using testing::ring;

inline void fails(SessionOutcome& outcome) { outcome.errors = 1; }
inline void is_late(SessionOutcome& outcome) { outcome.late->fill(150); }

inline void forget_figures(Readings& readings) {
  readings.figures_known = false;
  readings.recent = readings.whole = {};
}

}  // namespace sotto::rollout

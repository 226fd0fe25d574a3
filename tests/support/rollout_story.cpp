// rollout_story FOLDER: plays four days of a rollout that end now, as a server would have lived
// them, and leaves its flag, its decisions, its sessions and its metrics in the folder: a pause for
// a reason that attacks whoever shows it, a step back, and the way up again.
#include <cmath>
#include <filesystem>
#include <iostream>
#include <numbers>

#include "feature_flag/flag_operations.hpp"
#include "feature_flag/outcome_json.hpp"
#include "providers/local/sqlite_flag_store.hpp"
#include "providers/local/sqlite_rollout_store.hpp"
#include "providers/local/sqlite_series.hpp"
#include "rollout_controller/readings.hpp"
#include "rollout_controller/rollout_controller.hpp"
#include "tests/support/memory_rollout_store.hpp"
#include "tests/support/rollout_readings.hpp"

namespace sotto {
namespace {

using rollout::Command;
using std::chrono::hours;
using std::chrono::minutes;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;

const std::string flag_name(rollout::default_parameter_name);
const std::string attack = "<script>alert(1)</script> | `code` **bold**\n# [a link](http://evil)";

template <class Value>
Value need(Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}
void need(const Result<>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

rollout::Plan plan() {
  rollout::Plan plan = rollout::guide_plan();
  plan.name = "four days";
  plan.phases[0].bake = hours{18};
  plan.phases[1].bake = hours{72};
  plan.phases[2].approval = true;
  return plan;
}

class Story {
 public:
  Story(const std::filesystem::path& folder, UtcTime end)
      : flags_(providers::local::make_sqlite_flag_store(folder / "flags.db")),
        kept_(providers::local::make_sqlite_rollout_store(folder)),
        series_(providers::local::make_sqlite_series(folder / "metrics.db")),
        now_(end - hours{96}) {
    rollout::FlagEdit zero;
    zero.rollout_percentage = 0;
    need(feature_flag::change_flag(*flags_, flag_name, zero, {"ada", "before the rollout", now_}));
  }

  void play(UtcTime end) {
    say({.kind = Command::Kind::start, .by = "ada", .reason = "as agreed", .plan = plan()});
    play_until(now_ + hours{6});
    say({.kind = Command::Kind::pause, .by = "grace", .reason = attack});
    play_until(now_ + hours{2});
    say({.kind = Command::Kind::resume, .by = "grace", .reason = "looked at it"});
    play_until(now_ + hours{22});
    slow_ = true;
    play_until(now_ + hours{1});
    slow_ = false;
    play_until(now_ + hours{3});
    say({.kind = Command::Kind::clear, .by = "ada", .reason = "a full disk; made room"});
    say({.kind = Command::Kind::resume, .by = "ada", .reason = ""});
    play_until(end);
    keep();
  }

 private:
  void say(const Command& command) {
    const auto done = need(controller_.command(command, now_));
    remember(done);
  }

  void remember(const rollout_controller::Done& done) {
    if (!done.event) return;
    std::cout << format_utc(done.event->at) << ' ' << to_string(done.event->kind) << ": "
              << done.event->why << '\n';
  }

  void play_until(UtcTime end) {
    for (; now_ < end; now_ += minutes{5}) {
      if (++ticks_ % 2 == 0) live();
      const auto done = need(controller_.tick(now_));
      if (done) remember(*done);
    }
  }

  // Ten minutes of talks, told in their last.
  void live() {
    const auto flag = need(feature_flag::current_flag(*flags_, flag_name)).flag;
    telemetry::Minute minute;
    minute.start = std::chrono::floor<minutes>(now_ - minutes{1});
    for (int i = 0; i < 20; ++i) {
      const int number = next_++;
      const int share = rollout::canary_share(flag);
      const bool canary = (number * 37) % 100 < share;
      auto outcome = testing::healthy_outcome(canary, share, number, factor(canary));
      outcome.paired->final_only_mean_ms += 20 * (number % 17);
      outcome.paired->final_only_p95_ms += 90 * (number % 13);
      outcome.paired->taken_back += static_cast<std::uint64_t>(number % 7);
      outcome.began_at = now_ - minutes{9};
      outcome.ended_at = now_ - minutes{1};
      outcome.errors = number % 97 == 0 ? 1 : 0;
      outcome.late.reset();  // as its p95 says
      need(sessions_.add_sessions(
          flag_name, {{0, outcome.ended_at, need(feature_flag::outcome_text(outcome))}}));
      count(minute.arms[canary ? 0 : 1], outcome, number);
    }
    need(series_->append(minute));
  }

  // Slower by day than by night, and much slower without early words.
  double factor(bool canary) const {
    const double day =
        std::chrono::duration<double, std::ratio<86400>>(now_.time_since_epoch()).count();
    const double busy = 1 + 0.15 * std::sin(2 * std::numbers::pi * day);
    return busy * (canary ? (slow_ ? 12 : 1) : 2.2);
  }

  static void count(telemetry::ArmSnapshot& arm, const rollout::SessionOutcome& outcome,
                    int number) {
    const auto p95 = static_cast<std::uint64_t>(*outcome.latency_p95_ms);
    for (std::uint64_t i = 0; i < 20; ++i) {
      arm[Histogram::processing_latency].record(p95 / 2 + p95 * i / 38, 4);
      arm[Histogram::word_lag].record(p95 / 3 + p95 * i / 30, 40);
    }
    arm[Histogram::orphaned_results_flushed].record(static_cast<std::uint64_t>(number % 3));
    arm[Histogram::cost_per_listener_hour].record(
        static_cast<std::uint64_t>(1e6 * *outcome.cost_per_listener_hour));
    arm[Counter::final_results_processed] += outcome.finals;
    arm[Counter::partial_results_dropped] +=
        outcome.canary ? static_cast<std::uint64_t>(number % 9) : 0;
    arm[Counter::session_errors] += outcome.errors;
    arm[Counter::translation_cache_hits] +=
        outcome.cache_hits + static_cast<std::uint64_t>(number % 20);
    arm[Counter::translation_cache_misses] += outcome.cache_misses;
    arm[Counter::feedback_positive] += 1;
    arm[Counter::feedback_negative] += number % 11 == 0 ? 1 : 0;
  }

  // From memory, where five days of writes take no time, into the folder.
  void keep() {
    const auto state = need(sessions_.read(flag_name));
    std::uint64_t version = 0;
    for (const auto& record :
         need(sessions_.entries(flag_name, ports::Journal::decisions, 0, SIZE_MAX)))
      version = need(kept_->write(flag_name, version, state->text, {record.text}, record.at));
    need(kept_->add_sessions(
        flag_name, need(sessions_.entries(flag_name, ports::Journal::sessions, 0, SIZE_MAX))));
  }

  std::unique_ptr<ports::FlagStore> flags_;
  std::unique_ptr<ports::RolloutStore> kept_;
  testing::MemoryRolloutStore sessions_;
  std::unique_ptr<telemetry::Series> series_;
  rollout_controller::ReadingsSource source_{series_.get(), &sessions_, flag_name,
                                             [] { return std::vector<telemetry::AlarmStatus>(); }};
  rollout_controller::RolloutController controller_{
      {&sessions_,
       flags_.get(),
       flag_name,
       "story",
       [this](const rollout::State& state, UtcTime at) {
         return source_.read(rollout_controller::since(state), at);
       },
       {}}};
  UtcTime now_;
  int next_ = 0, ticks_ = 0;
  bool slow_ = false;
};

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: rollout_story FOLDER\n";
    return 2;
  }
  try {
    std::filesystem::create_directories(argv[1]);
    const auto end =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    sotto::Story(argv[1], end).play(end);
  } catch (const std::exception& error) {
    std::cerr << "rollout_story: " << error.what() << '\n';
    return 1;
  }
}

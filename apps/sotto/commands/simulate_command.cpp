#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include "commands/plan_check.hpp"
#include "options/recorded_sessions.hpp"
#include "commands/rollout_access.hpp"
#include "commands/rollout_common.hpp"
#include "commands/simulate_scenarios.hpp"
#include "json/text.hpp"
#include "output/phases_output.hpp"
#include "output/rollout_output.hpp"
#include "simulation/backtest.hpp"
#include "simulation/simulate.hpp"

namespace sotto::app {

namespace {

using simulation::Played;
using simulation::Scenario;

struct SimulateOptions {
  std::shared_ptr<const RolloutCommon> common;
  std::string plan = "guide";
  ChosenScenarios chosen;
  bool list = false;
  std::size_t runs = 50;
  std::uint64_t seed = 1;
};

struct BacktestOptions {
  std::shared_ptr<const RolloutCommon> common;
  std::string plan = "guide", from, to;
  std::size_t splits = 100;
};

template <class Value>
boost::json::value json_of(const std::optional<Value>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

std::string figure(const std::optional<double>& value, int digits) {
  if (!value) return "-";
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << *value;
  return text.str();
}

double percent(std::size_t part, std::size_t all) {
  return all == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(all);
}

using Counts = std::array<std::size_t, rollout::measure_count>;

boost::json::object to_json(const Counts& stopped_by) {
  boost::json::object by;
  for (std::size_t i = 0; i < stopped_by.size(); ++i)
    if (stopped_by[i] > 0) by[rollout::info(static_cast<rollout::Measure>(i)).name] = stopped_by[i];
  return by;
}

// "latency_ratio 19, alarms 1"
std::string in_words(const Counts& stopped_by) {
  std::string text;
  for (std::size_t i = 0; i < stopped_by.size(); ++i)
    if (stopped_by[i] > 0)
      text += (text.empty() ? "" : ", ") +
              std::string(rollout::info(static_cast<rollout::Measure>(i)).name) + ' ' +
              std::to_string(stopped_by[i]);
  return text;
}

boost::json::object to_json(const Scenario& scenario, const simulation::Summary& summary) {
  return {{"scenario", scenario.name},
          {"meaning", scenario.meaning},
          {"expected", simulation::to_string(scenario.expect)},
          {"runs", summary.runs},
          {"completed", summary.completed},
          {"on_its_way", summary.on_its_way},
          {"stuck", summary.stuck},
          {"rolled_back", summary.rolled_back},
          {"false_alarms", summary.false_alarms},
          {"found", summary.found},
          {"stopped_by", to_json(summary.stopped_by)},
          {"canary_sessions_until_found", json_of(summary.canary_sessions)},
          {"days_until_found", json_of(summary.days)},
          {"canary_sessions_harmed", json_of(summary.exposed)},
          {"days_to_full", json_of(summary.days_to_full)}};
}

simulation::Summary play(const rollout::Plan& plan, const Scenario& scenario,
                         const SimulateOptions& options) {
  std::vector<Played> all;
  for (std::size_t run = 0; run < options.runs; ++run) {
    std::seed_seq numbers{options.seed, static_cast<std::uint64_t>(run)};
    simulation::Random random(numbers);
    simulation::PlayOptions play;
    play.started_at = simulation::simulated_start;
    play.at_most = simulation::time_for(plan);
    all.push_back(simulation::simulate(plan, scenario, play, random));
    all.back().events.resize(1);  // its start: the rest is not looked at
  }
  return simulation::summarise(scenario, all);
}

void print_row(const Scenario& scenario, const simulation::Summary& summary, int width) {
  std::cout << std::left << std::setw(width) << scenario.name << std::right << std::setw(10)
            << summary.completed << std::setw(7) << summary.stuck << std::setw(12)
            << summary.rolled_back << std::setw(12)
            << figure(percent(summary.false_alarms, summary.runs), 1) << " %" << std::setw(7)
            << summary.found << std::setw(8) << figure(summary.canary_sessions, 0) << std::setw(8)
            << figure(summary.days, 1) << std::setw(8) << figure(summary.exposed, 0)
            << std::setw(10) << figure(summary.days_to_full, 1)
            << (summary.false_alarms + summary.found > 0 ? "  " : "")
            << in_words(summary.stopped_by) << std::endl;
}

constexpr const char* legend = R"(
completed     all phases have passed
stuck         not through after twice the plan's time: a criterion failed, or there was too little
rolled back   taken back by a guardrail
false alarms  stopped by a criterion that had nothing to find
found         stopped by one that had; then, medians of
  canary        the canary sessions that had ended by then
  days          the days that it took
  harmed        the canary sessions that had begun
to 100 %      days until everybody was to get the feature, median
)";

int simulate(const SimulateOptions& options) {
  if (options.list) return list_scenarios(*options.common);
  const auto plan = read_plan(options.plan);
  if (!plan) return fail_with(plan.error(), *options.common);
  const auto chosen = choose_scenarios(options.chosen);
  if (!chosen) return fail_with(chosen.error(), *options.common);
  if (options.common->json) {
    boost::json::array list;
    for (const Scenario& scenario : *chosen)
      list.push_back(to_json(scenario, play(*plan, scenario, options)));
    std::cout << json::to_text(boost::json::object{
                     {"plan", plan->name}, {"seed", options.seed}, {"scenarios", std::move(list)}})
              << '\n';
    return std::cout.flush() ? exit_success : exit_failure;
  }
  const int width = name_width(*chosen);
  std::cout << "Plan " << printable(plan->name) << ", " << options.runs << " rollouts each.\n\n"
            << std::left << std::setw(width) << "scenario"
            << " completed  stuck rolled back false alarms  found  canary    days"
               "  harmed  to 100 %  stopped by\n";
  for (const Scenario& scenario : *chosen)
    print_row(scenario, play(*plan, scenario, options), width);
  std::cout << legend << '\n';
  print_meanings(*chosen);
  return std::cout.flush() ? exit_success : exit_failure;
}

boost::json::object to_json(const Played& played) {
  boost::json::array events;
  for (const rollout::RolloutEvent& event : played.events)
    events.push_back(boost::json::object{{"at", format_utc(event.at)},
                                         {"event", rollout::to_string(event.kind)},
                                         {"why", event.why},
                                         {"phase", event.phase},
                                         {"percentage", event.percentage_after}});
  boost::json::value by = nullptr;
  if (played.found) by = rollout::info(played.found->by).name;
  return {{"ending", simulation::to_string(played.ending)},
          {"phase", played.phase},
          {"stopped_by", std::move(by)},
          {"why", played.why},
          {"sessions", played.sessions},
          {"canary_sessions", played.canary_sessions},
          {"compared", played.compared},
          {"events", std::move(events)}};
}

boost::json::object to_json(const simulation::FalseAlarms& alarms) {
  return {{"sessions", alarms.sessions},
          {"splits", alarms.splits},
          {"stopped", alarms.stopped},
          {"by", to_json(alarms.by)}};
}

void print_backtest(const rollout::Plan& plan, const simulation::Backtest& test,
                    const simulation::FalseAlarms& alarms) {
  const Played& played = test.played;
  std::cout << "Plan " << printable(plan.name) << " on " << played.sessions
            << " recorded sessions, in the arms that they had:\n";
  for (const rollout::RolloutEvent& event : played.events)
    std::cout << "  " << format_utc(event.at).substr(0, 16) << "  " << std::left << std::setw(13)
              << rollout::to_string(event.kind) << printable(event.why, 400) << '\n';
  std::cout << "  " << format_utc(played.ended_at).substr(0, 16) << "  at the end   "
            << printable(played.why, 400) << '\n'
            << "Compared were " << played.compared
            << ": those that began in a phase and with its percentage. Of a phase whose percentage "
               "the\nrecord does not have, only limits and alarms can be told.\n";
  std::cout << "\nFalse alarms: " << alarms.sessions
            << " control sessions, which had nothing to find, split in two by chance "
            << alarms.splits << " times:\n  " << alarms.stopped << " stopped";
  if (alarms.stopped > 0) std::cout << " (" << in_words(alarms.by) << ')';
  std::cout << '\n';
  if (test.left_out.empty()) return;
  std::cout << "Not recorded, and taken as met:";
  for (const rollout::Measure measure : test.left_out)
    std::cout << ' ' << rollout::info(measure).name;
  std::cout << '\n';
}

int backtest(const BacktestOptions& options) {
  const auto plan = read_plan(options.plan);
  if (!plan) return fail_with(plan.error(), *options.common);
  const auto rollout = RolloutAccess::open(*options.common);
  if (!rollout) return fail_with(rollout.error(), *options.common);
  ports::RolloutStore& store = (*rollout)->rollouts();
  const auto recorded =
      read_sessions(store, options.common->parameter_name, options.from, options.to);
  if (!recorded) return fail_with(recorded.error(), *options.common);
  if (recorded->outcomes.empty())
    return fail_with(
        {ErrorCode::not_found,
         "there are no recorded sessions of " + options.common->parameter_name + " in " +
             store.name() + "; name another with --data, --store or --rollouts",
         "sessions"},
        *options.common);
  const auto test = simulation::backtest(*plan, recorded->outcomes);
  const auto alarms = simulation::split_control(*plan, recorded->outcomes, options.splits);
  const auto harm = simulation::detectable_harm(*plan, recorded->outcomes);
  if (options.common->json) {
    std::cout << json::to_text(
                     boost::json::object{{"plan", plan->name},
                                         {"unreadable", recorded->unreadable},
                                         {"recorded", to_json(test.played)},
                                         {"split_control", to_json(alarms)},
                                         {"detectable_harm", detectable_json(*plan, harm)},
                                         {"left_out", names_of(test.left_out)}})
              << '\n';
  } else {
    print_backtest(*plan, test, alarms);
    if (harm.recorded > 0) std::cout << '\n' << detectable_in_words(*plan, harm);
    if (recorded->unreadable > 0)
      std::cout << recorded->unreadable << (recorded->unreadable == 1 ? " line" : " lines")
                << " of the record could not be read.\n";
  }
  return std::cout.flush() ? exit_success : exit_failure;
}

}  // namespace

void add_plan_option(CLI::App& command, std::string& plan) {
  command.add_option("--plan", plan, "guide, timeline, or a file with a plan")
      ->capture_default_str();
}

void add_simulate(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common, Run& run) {
  auto simulated = std::make_shared<SimulateOptions>();
  simulated->common = common;
  CLI::App* command = rollout.add_subcommand(
      "simulate", "Try a plan on synthetic sessions, healthy ones and others");
  add_plan_option(*command, simulated->plan);
  std::vector<std::string> names = {"all"};
  for (const Scenario& scenario : simulation::scenarios()) names.emplace_back(scenario.name);
  command
      ->add_option("--scenario", simulated->chosen.names,
                   "Which, or all; as often as you like (default: the usual ones)")
      ->check(CLI::IsMember(names))
      ->allow_extra_args(false);
  command
      ->add_option("--shape", simulated->chosen.files,
                   "A file with a scenario of your own; as often as you like")
      ->allow_extra_args(false);
  command->add_flag("--list", simulated->list, "Only list the scenarios and what they mean");
  command->add_option("--runs", simulated->runs, "Rollouts of each, 1 to 10000")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command
      ->add_option("--sessions-per-day", simulated->chosen.sessions_a_day,
                   "Instead of 80, or of a scenario's own where it is named; 1 to 5000")
      ->check(CLI::Range(1, 5000));
  command->add_option("--seed", simulated->seed, "The same seed gives the same rollouts")
      ->capture_default_str();
  command->fallthrough();
  command->callback([simulated, &run] { run = [simulated] { return simulate(*simulated); }; });

  auto tested = std::make_shared<BacktestOptions>();
  tested->common = common;
  command = rollout.add_subcommand(
      "backtest", "Say what a plan would have decided in recorded weeks, and how often wrongly");
  add_plan_option(*command, tested->plan);
  command->add_option("--from", tested->from, "Only sessions that began from this time on (UTC)");
  command->add_option("--to", tested->to, "Only sessions that began before this time (UTC)");
  command
      ->add_option("--splits", tested->splits,
                   "Split the control sessions so many times, 1 to 10000")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->fallthrough();
  command->callback([tested, &run] { run = [tested] { return backtest(*tested); }; });
}

}  // namespace sotto::app

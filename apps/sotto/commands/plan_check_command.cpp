#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "commands/plan_check.hpp"
#include "options/recorded_sessions.hpp"
#include "commands/rollout_access.hpp"
#include "output/phases_output.hpp"
#include "output/rollout_output.hpp"

namespace sotto::app {

namespace {

using rollout::Measure;
using simulation::Detectable;
using simulation::DetectableHarm;
using simulation::DetectablePhase;

constexpr std::size_t healthy_sessions = 4000;

struct CheckOptions {
  std::shared_ptr<const RolloutCommon> common;
  std::string plan = "guide", from, to;
  std::optional<double> sessions_a_day;
};

std::string number(double value, int digits = 0) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

// Harm is said to be larger than it is rather than smaller.
std::string harm_in_words(const Detectable& of, double harm) {
  const std::string size = number(std::max(0.0, std::ceil(harm - 1e-9)));
  switch (of.measure) {
    case Measure::latency_ratio: return "+" + size + " %";
    case Measure::session_length: return size + " % shorter";
    case Measure::sample_ratio: return size + " % off";
    default: return "+" + size + " points";
  }
}

// What gets worse.
std::string_view harm_of(Measure measure) {
  switch (measure) {
    case Measure::latency_ratio: return "latency";
    case Measure::error_rate: return "sessions with errors";
    case Measure::feedback: return "thumbs down";
    case Measure::cache_hit_rate: return "cache misses";
    case Measure::session_length: return "session length";
    case Measure::listeners_left: return "listeners who leave early";
    case Measure::sample_ratio: return "canary's share of sessions";
    default: return rollout::info(measure).title;
  }
}

std::string days_in_words(double days) {
  const double whole = std::ceil(days);
  return number(whole) + (whole == 1 ? " day" : " days");
}

double until(const DetectablePhase& phase) {
  return simulation::most_bake_times * std::max(1.0, phase.bake_days);
}

std::string settled_in_words(const DetectablePhase& phase, const Detectable& one) {
  return one.days ? days_in_words(*one.days) : "over " + days_in_words(until(phase));
}

// Those that have not passed when the bake time is over.
std::string late_ones(const DetectablePhase& phase) {
  std::string names;
  for (const Detectable& one : phase.comparisons)
    if (!one.days || *one.days > phase.bake_days)
      names += (names.empty() ? "" : ", ") + std::string(harm_of(one.measure));
  return names;
}

void print_verdict(std::ostream& out, const DetectablePhase& phase) {
  if (!phase.asks()) {
    out << "  Its margins are settled within its bake time.\n";
    return;
  }
  out << "  WARNING: after its bake time it will ask for approval. Not settled by then: "
      << late_ones(phase) << ".\n  ";
  if (phase.days)
    out << "To settle all of its margins it needs about " << days_in_words(*phase.days) << ".\n";
  else
    out << "Not in " << days_in_words(until(phase))
        << " either: it needs more sessions a day, a larger share, or wider margins.\n";
}

void print_phase(std::ostream& out, const DetectablePhase& phase) {
  out << "\nPhase " << printable(phase.phase) << ": " << phase.share << " % of sessions, "
      << days_in_words(phase.bake_days) << ", about " << phase.canary_sessions << " canary and "
      << phase.control_sessions << " control sessions\n";
  if (phase.comparisons.empty()) {
    out << "  Nothing is compared: "
        << (phase.share == 0 ? "nobody has the feature.\n" : "everybody has the feature.\n");
    return;
  }
  out << std::left << "  " << std::setw(28) << "harm" << std::setw(22) << "excluded from"
      << std::setw(15) << "margin"
      << "settled after\n";
  for (const Detectable& one : phase.comparisons)
    out << "  " << std::setw(28) << harm_of(one.measure) << std::setw(22)
        << (one.excluded                           ? harm_in_words(one, *one.excluded)
            : one.measure == Measure::sample_ratio ? "-"
                                                   : "nothing yet")
        << std::setw(15) << harm_in_words(one, one.margin) << settled_in_words(phase, one) << '\n';
  print_verdict(out, phase);
}

template <class Value>
boost::json::value json_of(const std::optional<Value>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

boost::json::object phase_json(const DetectablePhase& phase) {
  boost::json::array comparisons;
  for (const Detectable& one : phase.comparisons) {
    const bool percent = one.measure == Measure::latency_ratio ||
                         one.measure == Measure::session_length ||
                         one.measure == Measure::sample_ratio;
    comparisons.push_back(boost::json::object{{"criterion", rollout::info(one.measure).name},
                                              {"unit", percent ? "percent" : "points"},
                                              {"margin", one.margin},
                                              {"excluded_from", json_of(one.excluded)},
                                              {"days", json_of(one.days)}});
  }
  return {{"phase", phase.phase},
          {"share", phase.share},
          {"bake_days", phase.bake_days},
          {"canary_sessions", phase.canary_sessions},
          {"control_sessions", phase.control_sessions},
          {"comparisons", std::move(comparisons)},
          {"days", json_of(phase.days)},
          {"asks_for_approval", phase.asks()}};
}

// The record, or what is played in its place; empty where there is neither.
Result<RecordedSessions> sessions_for(const CheckOptions& options) {
  const auto rollout = RolloutAccess::open(*options.common);
  if (!rollout) return tl::unexpected(rollout.error());
  ports::RolloutStore& store = (*rollout)->rollouts();
  auto recorded = read_sessions(store, options.common->parameter_name, options.from, options.to);
  if (!recorded || options.sessions_a_day) return recorded;
  const auto& all = recorded->outcomes;
  if (std::any_of(all.begin(), all.end(),
                  [](const auto& one) { return one.by_bucket && !one.canary; }))
    return recorded;
  return fail(ErrorCode::not_found,
              "there are no recorded control sessions of " + options.common->parameter_name +
                  " in " + store.name() +
                  "; name another with --data, --store or --rollouts, or say --sessions-per-day",
              "sessions");
}

int check(const CheckOptions& options) {
  const auto plan = read_plan(options.plan);
  if (!plan) return fail_with(plan.error(), *options.common);
  const auto recorded = sessions_for(options);
  if (!recorded) return fail_with(recorded.error(), *options.common);
  const simulation::DetectableOptions how{.sessions_a_day = options.sessions_a_day};
  DetectableHarm harm = simulation::detectable_harm(*plan, recorded->outcomes, how);
  if (harm.recorded == 0) {
    harm = simulation::detectable_harm(*plan, simulation::healthy_control(healthy_sessions), how);
    harm.recorded = 0;
  }
  if (options.common->json) {
    boost::json::object body = detectable_json(*plan, harm);
    body["unreadable"] = recorded->unreadable;
    print(body);
  } else {
    std::cout << detectable_in_words(*plan, harm);
    if (recorded->unreadable > 0)
      std::cout << recorded->unreadable << (recorded->unreadable == 1 ? " line" : " lines")
                << " of the record could not be read.\n";
  }
  return std::cout.flush() ? exit_success : exit_failure;
}

}  // namespace

std::string detectable_in_words(const rollout::Plan& plan, const DetectableHarm& harm) {
  std::ostringstream out;
  out << "Detectable harm: plan " << printable(plan.name) << ", "
      << number(harm.sessions_a_day, harm.sessions_a_day < 10 ? 1 : 0) << " sessions a day, ";
  if (harm.recorded > 0)
    out << "drawn from " << harm.recorded << " recorded control sessions";
  else
    out << "as the healthy scenario has them";
  out << ".\nWhere nothing is wrong, what each phase can exclude when its bake time is over, at "
      << number(100 * (1 - plan.promotion_alpha), plan.promotion_alpha < 0.01 ? 1 : 0) << " %:\n";
  for (const DetectablePhase& phase : harm.phases) print_phase(out, phase);
  if (!harm.left_out.empty()) {
    out << "\nNot recorded, and taken as met:";
    for (const Measure measure : harm.left_out) out << ' ' << rollout::info(measure).name;
    out << '\n';
  }
  return out.str();
}

boost::json::object detectable_json(const rollout::Plan& plan, const DetectableHarm& harm) {
  boost::json::array phases;
  for (const DetectablePhase& phase : harm.phases) phases.push_back(phase_json(phase));
  return {{"plan", plan.name},
          {"sessions_a_day", harm.sessions_a_day},
          {"recorded_control_sessions", harm.recorded},
          {"confidence_percent", 100 * (1 - plan.promotion_alpha)},
          {"phases", std::move(phases)},
          {"left_out", names_of(harm.left_out)}};
}

void add_plan_check(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common,
                    Run& run) {
  auto options = std::make_shared<CheckOptions>();
  options->common = common;
  CLI::App* plan = rollout.add_subcommand("plan", "Ask about a plan before it starts");
  plan->require_subcommand(1);
  plan->fallthrough();
  CLI::App* command = plan->add_subcommand(
      "check", "Say what harm each phase can see, and how long its margins take to be settled");
  add_plan_option(*command, options->plan);
  command->add_option("--from", options->from, "Only sessions that began from this time on (UTC)");
  command->add_option("--to", options->to, "Only sessions that began before this time (UTC)");
  command
      ->add_option("--sessions-per-day", options->sessions_a_day,
                   "Instead of the record's; without a record, of healthy sessions; 1 to 5000")
      ->check(CLI::Range(1, 5000));
  command->fallthrough();
  command->callback([options, &run] { run = [options] { return check(*options); }; });
}

}  // namespace sotto::app

// Rollouts played through the whole controller on shapes of traffic, looked at every minute: how
// often a healthy one is taken back, how often one that does harm gets to 100 %, and how many
// sessions it takes to find the harm; beside what the gates did before they judged by sessions that
// fell to the arms by chance, and beside fixed tests at 1 % that are repeated every hour on the
// same sessions, as many rollout tools do it.
//
//   rollouts [RUNS] [SEED] [SHAPE…]
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "simulation/simulate.hpp"
#include "support/fixed_tests.hpp"

namespace {

using namespace sotto;
using simulation::Ending;
using simulation::Played;
using simulation::Scenario;

constexpr std::chrono::weeks eight_weeks{8};
std::uint64_t seed = 2026;

// Mann and Whitney's test of latency and the same of errors at the end of each hour, of the
// sessions of each share by themselves, as a phase's.
class HourlyTests {
 public:
  void ended(const rollout::SessionOutcome& one) {
    const auto hour = std::chrono::floor<std::chrono::hours>(one.ended_at);
    if (hour != hour_ && !found_canary) {
      const double z = bench::one_percent;
      if (latency_.z() > z || errors_.z() > z) found_canary = canaries_;
    }
    hour_ = hour;
    canaries_ += one.canary;
    if (one.percentage != percentage_) {
      percentage_ = one.percentage;
      latency_ = {};
      errors_ = {};
    }
    if (one.latency_p95_ms) latency_.add(one.canary, std::log(*one.latency_p95_ms / 1000) / 0.35);
    errors_.add(one.canary, one.errors > 0);
  }

  std::optional<std::uint64_t> found_canary;  // canary sessions that had ended then

 private:
  UtcTime hour_{};
  int percentage_ = -1;
  bench::MannWhitney latency_;
  bench::TwoProportions errors_;
  std::uint64_t canaries_ = 0;
};

struct Rollouts {
  std::vector<Played> played;
  std::vector<std::optional<std::uint64_t>> hourly;

  double share(const std::function<bool(const Played&)>& has) const {
    std::size_t count = 0;
    for (const Played& one : played) count += has(one);
    return 100.0 * static_cast<double>(count) / static_cast<double>(played.size());
  }
};

// On two threads; each rollout has random numbers of its own, so that the threads do not matter.
Rollouts play(const Scenario& scenario, std::size_t runs) {
  Rollouts all;
  all.played.resize(runs);
  all.hourly.resize(runs);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < runs; i = next++) {
      std::seed_seq numbers{seed, static_cast<std::uint64_t>(i)};
      simulation::Random random(numbers);
      HourlyTests hourly;
      simulation::PlayOptions options;
      options.started_at = simulation::simulated_start;
      options.at_most = eight_weeks;
      options.ended = [&](const rollout::SessionOutcome& one) { hourly.ended(one); };
      all.played[i] = simulation::simulate(rollout::guide_plan(), scenario, options, random);
      all.hourly[i] = hourly.found_canary;
    }
  };
  std::thread other(work);
  work();
  other.join();
  return all;
}

bool taken_back(const Played& one) { return one.ending == Ending::rolled_back; }
bool at_full(const Played& one) { return one.to_full.has_value(); }
bool silently_stuck(const Played& one) { return one.ending == Ending::stuck && !one.held; }

// Of the canary's sessions that had ended when it was rightly found.
double found_after(const Scenario& scenario, const Rollouts& all) {
  std::vector<double> canaries;
  for (const Played& one : all.played)
    canaries.push_back(simulation::rightly_stopped(scenario, one)
                           ? static_cast<double>(one.found->canary_sessions)
                           : 1e9);
  return simulation::median(std::move(canaries)).value_or(1e9);
}

double found_hourly(const Rollouts& all) {
  std::vector<double> canaries;
  for (const auto& one : all.hourly) canaries.push_back(one ? static_cast<double>(*one) : 1e9);
  return simulation::median(std::move(canaries)).value_or(1e9);
}

enum class Kind { healthy, sparse, both_arms, harm, found, assignment, few };

struct Row {
  Kind kind;
  const char* shape;
  const char* before;  // of 300 rollouts, unless said
  double wanted;       // percent, or sessions
};

constexpr Row rows[] = {
    {Kind::healthy, "healthy", "0/300", 1},
    {Kind::healthy, "healthy-bimodal", "21/300, 24 stuck", 1},
    {Kind::healthy, "healthy-pareto-2.2", "300/300", 1},
    {Kind::healthy, "healthy-pareto-1.5", "300/300", 1},
    {Kind::healthy, "healthy-canary-spread", "300/300", 1},
    {Kind::healthy, "healthy-daily-cycle", "2/300", 1},
    {Kind::healthy, "healthy-weekend-dips", "141/300", 1},
    {Kind::healthy, "healthy-drift", "155/300", 1},
    {Kind::healthy, "healthy-bad-days", "118/300", 1},
    {Kind::sparse, "sparse-30", "98/300", 0},
    {Kind::sparse, "sparse-20", "276/300", 0},
    {Kind::sparse, "sparse-12", "242/300", 0},
    {Kind::sparse, "sparse-8", "217/300", 0},
    {Kind::sparse, "sparse-5", "272/300", 0},
    {Kind::both_arms, "outage-latency", "195/200", 1},
    {Kind::both_arms, "outage-errors", "70/200", 1},
    {Kind::both_arms, "outage-fallbacks", "35-200/200", 1},
    {Kind::both_arms, "outage-orphaned", "198/200", 1},
    {Kind::harm, "erroring", "65 %", 1},
    {Kind::harm, "errors-5-to-20", "-", 1},
    {Kind::harm, "errors-2-to-10", "41 %", 1},
    {Kind::harm, "errors-2-to-4", "17 %", 1},
    {Kind::harm, "short-sessions", "119/120", 1},
    {Kind::harm, "thumbs-down", "119/120", 1},
    {Kind::harm, "cold-cache", "120/120", 1},
    {Kind::found, "slower", "19", 20},
    {Kind::found, "slightly-slower", "111-116", 80},
    {Kind::assignment, "assignment-13-for-10", "27/120 disabled", 100},
    {Kind::few, "two-slow-sessions", "rolled back", 0},
};

const char* heading(Kind kind) {
  switch (kind) {
    case Kind::healthy: return "Healthy: rolled back";
    case Kind::sparse: return "Few sessions a day: stuck without saying why";
    case Kind::both_arms: return "Six hours' outage of both arms: rolled back";
    case Kind::harm: return "Harm: promoted to 100 %";
    case Kind::found: return "Slower: median canary sessions until found";
    case Kind::assignment: return "The canary gets 13 % for 10 %: held as an assignment fault";
    case Kind::few:
      return "Two slow sessions of four captions each: rolled back, or held by an alarm";
  }
  return "";
}

bool in_words(const Row& row, const Scenario& scenario, const Rollouts& all) {
  const double hourly = 100.0 *
                        static_cast<double>(std::count_if(all.hourly.begin(), all.hourly.end(),
                                                          [](const auto& one) { return !!one; })) /
                        static_cast<double>(all.hourly.size());
  const double asked = all.share([](const Played& one) { return one.asked; });
  double value = 0;
  std::string more;
  std::array<char, 160> text{};
  const auto say = [&](const char* format, auto... values) {
    std::snprintf(text.data(), text.size(), format, values...);
    more = text.data();
  };
  switch (row.kind) {
    case Kind::healthy:
      value = all.share(taken_back);
      say("%5.1f %% at 100 %% by itself in 8 weeks, median %4.1f days; asked %5.1f %%; hourly "
          "tests "
          "stop %5.1f %%",
          all.share(at_full), simulation::summarise(scenario, all.played).days_to_full.value_or(0),
          asked, hourly);
      break;
    case Kind::sparse:
      value = all.share(silently_stuck);
      say("asked %5.1f %%; rolled back %4.1f %%", asked, all.share(taken_back));
      break;
    case Kind::both_arms:
      value = all.share(taken_back);
      say("said \"both arms\" %5.1f %%; hourly tests stop %5.1f %%",
          all.share([](const Played& one) { return one.said_both_arms; }), hourly);
      break;
    case Kind::harm:
      value = all.share(at_full);
      say("found %5.1f %%, after %4.0f canary sessions (median); asked before %5.1f %%",
          all.share([&](const Played& one) { return simulation::rightly_stopped(scenario, one); }),
          simulation::summarise(scenario, all.played).canary_sessions.value_or(0), asked);
      break;
    case Kind::found:
      value = found_after(scenario, all);
      say("hourly tests %4.0f, ratio %.2f", found_hourly(all), value / found_hourly(all));
      break;
    case Kind::assignment:
      value = all.share(
          [](const Played& one) { return one.said_assignment_fault && !taken_back(one); });
      say("rolled back %4.1f %%; promoted to 100 %% %4.1f %%", all.share(taken_back),
          all.share(at_full));
      break;
    case Kind::few:
      value = all.share([](const Played& one) {
        return taken_back(one) || (one.found && one.found->by == rollout::Measure::alarms);
      });
      break;
  }
  const bool at_least = row.kind == Kind::assignment;
  const bool good = at_least ? value >= row.wanted : value <= row.wanted;
  const char* unit = row.kind == Kind::found ? "  " : " %";
  std::printf("  %-24s %-18s %s %4.0f%s  %6.1f%s %s  %s\n", row.shape, row.before,
              at_least ? "≥" : "≤", row.wanted, unit, value, unit, good ? "  " : "✗ ",
              more.c_str());
  if (std::getenv("REASONS") != nullptr) {
    std::map<std::string, int> reasons;
    for (const Played& one : all.played)
      if (taken_back(one) || one.ending == Ending::stuck)
        ++reasons[std::string(to_string(one.ending)) + " in " + one.phase + ": " + one.why];
    for (const auto& [why, count] : reasons) std::printf("      %d %s\n", count, why.c_str());
  }
  return good;
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t runs = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 300;
  if (count > 2) seed = std::strtoull(arguments[2], nullptr, 10);
  const auto chosen = [&](const char* shape) {
    for (int i = 3; i < count; ++i)
      if (std::string(arguments[i]) == shape) return true;
    return count <= 3;
  };
  bool good = true;
  std::printf(
      "The guide's plan, %zu rollouts of each shape (shapes/*.json), for eight weeks.\n"
      "  shape                    before             wanted     ours\n",
      runs);
  Kind heading_of = Kind::few;
  for (const Row& row : rows) {
    const auto scenario = simulation::scenario_named(row.shape);
    if (!chosen(row.shape) || !scenario) continue;
    if (row.kind != heading_of || &row == rows) std::printf("%s\n", heading(row.kind));
    heading_of = row.kind;
    good = in_words(row, *scenario, play(*scenario, runs)) && good;
    std::fflush(stdout);
  }
  std::printf(good ? "\nAll as wanted.\n" : "\nNot as wanted.\n");
  return good ? 0 : 1;
}

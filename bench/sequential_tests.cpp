// How many sessions the rollout's tests need to find harm, and how often they find it where there
// is none, while somebody looks after every session; beside the best that is possible, and beside
// fixed tests at 1 % that are repeated every hour for three weeks.
//
//   sequential_tests [SEED]
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

#include "rollout/statistics/harm_test.hpp"
#include "rollout/statistics/rank_test.hpp"
#include "rollout/statistics/sequential_test.hpp"
#include "support/fixed_tests.hpp"

namespace {

using namespace sotto;
using Random = std::mt19937_64;

constexpr double alpha = 0.001, share = 0.1, log_sd = 0.35;
using bench::MannWhitney, bench::TwoProportions, bench::one_percent, bench::sprt_step;
constexpr double one_percent_two_sided = 2.5758;
constexpr int sessions_an_hour = 20;  // two of them canaries
constexpr int three_weeks = 3 * 7 * 24 * sessions_an_hour, healthy_run = 2000;

bool chance(double probability, Random& random) {
  return std::uniform_real_distribution<>()(random) < probability;
}

int median(std::vector<int> values) {
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Draws a session's log p95, in control's standard deviations.
using Latency = std::function<double(bool canary, Random&)>;

/// The latency's comparison as the evidence has it, in either direction.
class Comparison {
 public:
  void add(bool canary, double share_of_canary, double value, int session) {
    const auto kind = rollout::Reference::kind("", UtcTime{std::chrono::minutes{3 * session}});
    const auto among = reference_.like(kind);
    if (!among.empty()) {
      const double rank = rollout::rank_among(among, value);
      harm.add(canary, share_of_canary, rank);
      benefit.add(canary, share_of_canary, -rank);
    }
    if (!canary) reference_.add(value, kind);
  }

  rollout::RankTest harm, benefit;

 private:
  rollout::Reference reference_;
};

bool end_of_hour(int session) { return session % sessions_an_hour == 0; }

bool latency_detection(double increase, int limit, Random& random) {
  std::vector<int> ours, hourly;
  for (int run = 0; run < 1001; ++run) {
    Comparison compared;
    MannWhitney fixed;
    std::normal_distribution<> normal(0, log_sd);
    int canaries = 0, found = 0, found_hourly = 0;
    for (int session = 1; found == 0 || found_hourly == 0; ++session) {
      const bool canary = chance(share, random);
      const double value = normal(random) + (canary ? std::log1p(increase) : 0);
      compared.add(canary, share, value, session);
      fixed.add(canary, value / log_sd);
      canaries += canary;
      if (found == 0 && compared.harm.log_evidence() >= -std::log(alpha)) found = canaries;
      if (found_hourly == 0 && end_of_hour(session) && fixed.z() > one_percent)
        found_hourly = canaries;
    }
    ours.push_back(found);
    hourly.push_back(found_hourly);
  }
  const int sessions = median(ours);
  std::printf("  +%2.0f %%     %8d   at most %3d   ratio %.2f   %8d\n", increase * 100, sessions,
              limit, static_cast<double>(sessions) / limit, median(hourly));
  return sessions <= limit;
}

bool error_detection(double rate, double ratio, double limit, Random& random) {
  std::vector<int> ours, best, hourly;
  for (int run = 0; run < 501; ++run) {
    rollout::HarmTest harm;
    TwoProportions fixed;
    double known = 0;
    int found = 0, found_best = 0, found_hourly = 0;
    for (int session = 1; found == 0 || found_best == 0 || found_hourly == 0; ++session) {
      const bool canary = chance(share, random);
      const bool failed = chance(canary ? rate * ratio : rate, random);
      if (canary) known += sprt_step(failed, rate, ratio);
      fixed.add(canary, failed);
      if (found_best == 0 && known >= -std::log(alpha)) found_best = session;
      if (found_hourly == 0 && end_of_hour(session) && fixed.z() > one_percent)
        found_hourly = session;
      if (found > 0) continue;
      harm.add(canary, share, failed ? 1 : 0);
      if (harm.log_evidence() >= -std::log(alpha)) found = session;
    }
    ours.push_back(found);
    best.push_back(found_best);
    hourly.push_back(found_hourly);
  }
  const double times = static_cast<double>(median(ours)) / median(best);
  std::printf("  %2.0f %%, %.1f times  %8d   %8d   ratio %.2f", rate * 100, ratio, median(ours),
              median(best), times);
  if (limit > 0) std::printf(" (at most %.0f)", limit);
  std::printf("%*s%8d\n", limit > 0 ? 2 : 14, "", median(hourly));
  return limit == 0 || times <= limit;
}

// Runs in which there was an alarm, whatever it was for.
struct Alarms {
  int runs = 0, harm = 0, benefit = 0;
};

// Whether they are no more than a nominal rate gives, but for three standard deviations of luck.
bool as_promised(int alarms, int runs) {
  const double expected = alpha * runs;
  return alarms <= expected + 3 * std::sqrt(expected);
}

bool print_alarms(const char* what, const Alarms& ours, const Alarms& hourly) {
  const auto percent = [](int alarms, int runs) { return 100.0 * alarms / runs; };
  std::printf("  %-32s %5d   %6.3f %%   %6.3f %%   %6.1f %%\n", what, ours.runs,
              percent(ours.harm, ours.runs), percent(ours.benefit, ours.runs),
              percent(hourly.harm, hourly.runs));
  return as_promised(ours.harm, ours.runs) && as_promised(ours.benefit, ours.runs);
}

bool latency_alarms(const char* what, const Latency& latency, Random& random) {
  Alarms ours, hourly;
  for (ours.runs = 0; ours.runs < 2000; ++ours.runs) {
    Comparison compared;
    bool harm = false, benefit = false;
    for (int session = 1; session <= healthy_run && !(harm && benefit); ++session) {
      const bool canary = chance(share, random);
      compared.add(canary, share, latency(canary, random), session);
      harm = harm || compared.harm.log_evidence() >= -std::log(alpha);
      benefit = benefit || compared.benefit.log_evidence() >= -std::log(alpha);
    }
    ours.harm += harm;
    ours.benefit += benefit;
  }
  for (hourly.runs = 0; hourly.runs < 300; ++hourly.runs) {
    MannWhitney fixed;
    bool harm = false;
    for (int session = 1; session <= three_weeks && !harm; ++session) {
      const bool canary = chance(share, random);
      fixed.add(canary, latency(canary, random));
      harm = end_of_hour(session) && fixed.z() > one_percent;
    }
    hourly.harm += harm;
  }
  return print_alarms(what, ours, hourly);
}

bool error_alarms(double rate, Random& random) {
  Alarms ours, hourly;
  for (ours.runs = 0; ours.runs < 2000; ++ours.runs) {
    rollout::HarmTest test;
    bool harm = false;
    for (int session = 1; session <= healthy_run && !harm; ++session) {
      const bool canary = chance(share, random);
      test.add(canary, share, chance(rate, random) ? 1 : 0);
      harm = test.log_evidence() >= -std::log(alpha);
    }
    ours.harm += harm;
  }
  for (hourly.runs = 0; hourly.runs < 1000; ++hourly.runs) {
    TwoProportions fixed;
    bool harm = false;
    for (int session = 1; session <= three_weeks && !harm; ++session) {
      const bool canary = chance(share, random);
      fixed.add(canary, chance(rate, random));
      harm = end_of_hour(session) && fixed.z() > one_percent;
    }
    hourly.harm += harm;
  }
  std::array<char, 64> what{};
  std::snprintf(what.data(), what.size(), "errors in %.0f %% of sessions", rate * 100);
  return print_alarms(what.data(), ours, hourly);
}

// The share grows in three steps, as a rollout's does.
bool sample_ratio_alarms(Random& random) {
  Alarms ours, hourly;
  for (ours.runs = 0; ours.runs < 2000; ++ours.runs) {
    rollout::SampleRatioTest test;
    bool alarm = false;
    for (int session = 1; session <= healthy_run && !alarm; ++session) {
      const double now = session <= 700 ? 0.01 : session <= 1400 ? 0.1 : 0.5;
      test.add(chance(now, random), now);
      alarm = test.log_evidence() >= -std::log(alpha);
    }
    ours.harm += alarm;
  }
  for (hourly.runs = 0; hourly.runs < 1000; ++hourly.runs) {
    double excess = 0, variance = 0;
    bool alarm = false;
    for (int session = 1; session <= three_weeks && !alarm; ++session) {
      const double now = session <= 3360 ? 0.01 : session <= 6720 ? 0.1 : 0.5;
      excess += (chance(now, random) ? 1 : 0) - now;
      variance += now * (1 - now);
      alarm =
          end_of_hour(session) && std::abs(excess) > one_percent_two_sided * std::sqrt(variance);
    }
    hourly.harm += alarm;
  }
  return print_alarms("share of sessions, 1, 10, 50 %", ours, hourly);
}

void sample_ratio_detection(double ratio, Random& random) {
  std::vector<int> ours;
  for (int run = 0; run < 51; ++run) {
    rollout::SampleRatioTest test;
    int session = 0;
    while (test.log_evidence() < -std::log(alpha)) {
      test.add(chance(ratio * share / (ratio * share + 1 - share), random), share);
      ++session;
    }
    ours.push_back(session);
  }
  std::printf("  %4.2f times the odds  %8d\n", ratio, median(ours));
}

}  // namespace

int main(int count, char** arguments) {
  Random random(count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 2026);
  bool good = true;
  std::printf("Looked at after every session at alpha = %.3f, a session in ten the canary's.\n\n",
              alpha);
  std::printf(
      "Slower sessions (log-normal p95s, log-sd %.2f), median canary sessions until found\n",
      log_sd);
  std::printf("              ours                               Mann-Whitney hourly at 1 %%\n");
  good = latency_detection(0.5, 20, random) && good;
  good = latency_detection(0.2, 80, random) && good;

  std::printf("\nMore sessions with errors, median sessions until found\n");
  std::printf("                      ours   both rates known (SPRT)       hourly at 1 %%\n");
  for (const double rate : {0.02, 0.05, 0.1}) good = error_detection(rate, 2, 2, random) && good;
  for (const double ratio : {1.5, 4.0}) error_detection(0.05, ratio, 0, random);

  std::printf("\nSessions dealt out in other shares, median sessions until found\n");
  for (const double ratio : {0.5, 0.8, 1.25, 2.0}) sample_ratio_detection(ratio, random);

  std::printf(
      "\nHealthy rollouts with an alarm: ours of %d sessions, hourly tests of three weeks\n",
      healthy_run);
  std::printf("                                    runs       harm    benefit   hourly at 1 %%\n");
  std::normal_distribution<> normal;
  std::student_t_distribution<> heavy(4);
  const Latency same = [&](bool, Random& r) { return normal(r); };
  const Latency pareto = [&](bool, Random& r) { return std::exponential_distribution<>(1.5)(r); };
  const Latency heavy_tailed = [&](bool, Random& r) { return heavy(r); };
  const Latency wide_canary = [&](bool canary, Random& r) { return normal(r) * (canary ? 2 : 1); };
  const Latency wide_control = [&](bool canary, Random& r) { return normal(r) * (canary ? 1 : 2); };
  const Latency heavy_wide = [&](bool canary, Random& r) { return heavy(r) * (canary ? 2 : 1); };
  good = latency_alarms("latency, normal", same, random) && good;
  good = latency_alarms("latency, t of 4 degrees", heavy_tailed, random) && good;
  good = latency_alarms("latency, Pareto of 1.5", pareto, random) && good;
  good = latency_alarms("latency, canary's deviation x2", wide_canary, random) && good;
  good = latency_alarms("latency, control's deviation x2", wide_control, random) && good;
  good = latency_alarms("latency, both: t, canary's x2", heavy_wide, random) && good;
  for (const double rate : {0.02, 0.05, 0.1}) good = error_alarms(rate, random) && good;
  good = sample_ratio_alarms(random) && good;
  std::printf("  promised                                 %6.3f %%   %6.3f %%   %6.1f %%\n",
              100 * alpha, 100 * alpha, 1.0);
  std::printf(good ? "\nAll as promised.\n" : "\nNot as promised.\n");
  return good ? 0 : 1;
}

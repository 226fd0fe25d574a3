// What measuring costs: one event's metrics, and how near the sketch's 0.95 quantile is to the
// exact one on skewed data.
//
//   metrics_cost
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "telemetry/metrics.hpp"

namespace {

using namespace sotto;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;
using Clock = std::chrono::steady_clock;

constexpr int events = 1'000'000;

// A partial result: it was heard, one was superseded, a translation was known, a caption was sent.
void one_event(telemetry::Metrics& metrics, std::uint64_t latency) {
  metrics.count(Arm::canary, Counter::partial_results_processed);
  metrics.count(Arm::canary, Counter::partial_results_superseded);
  metrics.count(Arm::canary, Counter::translation_cache_hits);
  metrics.record(Arm::canary, Histogram::processing_latency, latency);
}

double nanoseconds_each(telemetry::Metrics& metrics, const std::vector<std::uint64_t>& latencies) {
  const auto began = Clock::now();
  for (const std::uint64_t latency : latencies) one_event(metrics, latency);
  return std::chrono::duration<double, std::nano>(Clock::now() - began).count() /
         static_cast<double>(latencies.size());
}

}  // namespace

int main() {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> skewed(std::log(900), 1.2);
  std::vector<std::uint64_t> latencies(events);
  for (auto& latency : latencies)
    latency = static_cast<std::uint64_t>(std::min(skewed(random), 4e9));
  auto metrics = std::make_unique<telemetry::Metrics>();
  std::vector<double> alone;
  for (int round = 0; round < 9; ++round) alone.push_back(nanoseconds_each(*metrics, latencies));
  std::nth_element(alone.begin(), alone.begin() + 4, alone.end());
  auto shared = std::make_unique<telemetry::Metrics>();
  double of_two = 0;
  std::thread other([&] { of_two = nanoseconds_each(*shared, latencies); });
  nanoseconds_each(*shared, latencies);
  other.join();
  std::printf("one event's four metrics      %6.1f ns   %.2f of the 100 ns wanted\n", alone[4],
              alone[4] / 100);
  std::printf("  with two threads at once    %6.1f ns\n", of_two);

  const double sketched = metrics->snapshot()[0][Histogram::processing_latency].quantile(0.95);
  std::sort(latencies.begin(), latencies.end());
  const auto exact = static_cast<double>(latencies[events * 95 / 100 - 1]);
  std::printf("p95 of a log-normal, sd 1.2   %6.0f ms   exact %.0f, %.2f %% off (1 %% allowed)\n",
              sketched, exact, 100 * std::abs(sketched / exact - 1));
  std::printf("memory for all metrics        %6.1f kB   whatever the number of sessions\n",
              static_cast<double>(sizeof(telemetry::Metrics)) / 1000);
  return alone[4] <= 100 && std::abs(sketched / exact - 1) <= 0.01 ? 0 : 1;
}

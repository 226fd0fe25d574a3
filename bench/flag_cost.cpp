// What the flag costs: deciding for a session beside one SHA-256 of its id with a context that is
// used again, which is the least it can cost; asking a session that has begun; and both while the
// flag changes all the time.
//
//   flag_cost
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "feature_flag/flag_cache.hpp"
#include "rollout/evaluation.hpp"
#include "tests/support/allocation_meter.hpp"

namespace {

using namespace sotto;
using Clock = std::chrono::steady_clock;

constexpr int rounds = 41, ids_a_round = 20'000;

template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

std::vector<std::string> session_ids() {
  std::vector<std::string> ids;
  ids.reserve(ids_a_round);
  for (int i = 0; i < ids_a_round; ++i)
    ids.push_back("golden-eagle-" + std::to_string(100 + i % 900) + std::to_string(i / 900));
  return ids;
}

// Nanoseconds for each id, of one pass over all of them.
template <class Work>
double pass(const std::vector<std::string>& ids, const Work& work) {
  const auto began = Clock::now();
  for (const std::string& id : ids) work(id);
  return std::chrono::duration<double, std::nano>(Clock::now() - began).count() /
         static_cast<double>(ids.size());
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

class Sha256 {
 public:
  ~Sha256() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  std::array<unsigned char, 32> operator()(const std::string& text) const {
    std::array<unsigned char, 32> digest{};
    unsigned int size = 0;
    EVP_DigestInit_ex(context_, algorithm_, nullptr);
    EVP_DigestUpdate(context_, text.data(), text.size());
    EVP_DigestFinal_ex(context_, digest.data(), &size);
    return digest;
  }

 private:
  EVP_MD* algorithm_ = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context_ = EVP_MD_CTX_new();
};

ports::FlagRevision revision(int number) {
  return {static_cast<std::uint64_t>(number),
          "{\"enabled\":true,\"rollout_percentage\":" + std::to_string(number % 101) +
              ",\"max_buffer_timeout\":" + std::to_string(2 + number % 101 * 0.05) + "}",
          "bench", "", UtcTime{}};
}

Result<std::optional<ports::FlagRevision>> stored(int number) {
  return std::optional(revision(number));
}

// Two threads decide a million times while the flag changes a thousand times.
bool while_it_changes() {
  feature_flag::FlagCache cache({}, {});
  cache.take(stored(1));
  std::atomic<int> torn{0}, done{0};
  std::vector<std::thread> threads;
  threads.reserve(2);
  const auto began = Clock::now();
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500'000; ++i) {
        const auto decision = cache.decide("golden-eagle-427", UtcTime{});
        if (decision.max_buffer_timeout != milliseconds{2000 + decision.rollout_percentage * 50} ||
            decision.enabled != (decision.bucket < decision.rollout_percentage))
          ++torn;
      }
      ++done;
    });
  int changes = 1;
  while (changes <= 1000 || done < 2) cache.take(stored(++changes));
  for (std::thread& thread : threads) thread.join();
  const double each =
      std::chrono::duration<double, std::nano>(Clock::now() - began).count() / 1'000'000;
  std::printf(
      "1,000,000 decisions from 2 threads while the flag changed %d times: %d torn, %.0f ns each\n",
      changes, torn.load(), each);
  return torn == 0;
}

}  // namespace

int main() {
  const auto ids = session_ids();
  const Sha256 sha256;
  feature_flag::FlagCache cache({}, {});
  cache.take(stored(50));
  const auto decide = [&](const std::string& id) { keep(cache.decide(id, UtcTime{})); };
  const auto hash = [&](const std::string& id) { keep(sha256(id)); };
  const rollout::Evaluation begun = cache.decide(ids.front(), UtcTime{});
  const auto ask = [&](const std::string&) {
    const rollout::Evaluation* decision = &begun;
    asm volatile("" : "+r"(decision) : : "memory");
    const bool enabled = decision->enabled;
    asm volatile("" : : "r"(enabled));
  };
  decide(ids.front());
  std::vector<double> hashes, decisions, ratios, asked;
  for (auto* figures : {&hashes, &decisions, &ratios, &asked}) figures->reserve(rounds);
  const auto before = testing::allocations();
  for (int round = 0; round < rounds; ++round) {
    const double floor = pass(ids, hash), cost = pass(ids, decide);
    asked.push_back(pass(ids, ask));
    hashes.push_back(floor);
    decisions.push_back(cost);
    ratios.push_back(cost / floor);
  }
  const auto after = testing::allocations();
  std::printf("one SHA-256, context used again   %6.0f ns\n", median(hashes));
  std::printf("deciding for a new session        %6.0f ns   ratio %.2f (at most 1.15)\n",
              median(decisions), median(ratios));
  std::printf("asking a session that has begun   %6.2f ns   (at most 5)\n", median(asked));
  const double allocated = static_cast<double>(after.count - before.count) / (rounds * ids_a_round);
  std::printf("allocations a decision            %6.4f\n", allocated);
  return while_it_changes() ? 0 : 1;
}

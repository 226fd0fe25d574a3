#include "providers/aws/client/retry.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sotto::providers::aws {

namespace {

constexpr double largest_wait_s = 20;

// Without their "Exception", as error_name() gives them.
constexpr std::array<std::string_view, 13> throttling = {"Throttling",
                                                         "Throttled",
                                                         "RequestThrottled",
                                                         "TooManyRequests",
                                                         "ProvisionedThroughputExceeded",
                                                         "TransactionInProgress",
                                                         "RequestLimitExceeded",
                                                         "BandwidthLimitExceeded",
                                                         "LimitExceeded",
                                                         "SlowDown",
                                                         "PriorRequestNotComplete",
                                                         "EC2Throttled",
                                                         "ThrottledRequest"};

}  // namespace

Retry retry_for(int status, std::string_view error_name) {
  if (status == 429 ||
      std::find(throttling.begin(), throttling.end(), error_name) != throttling.end())
    return Retry::throttled;
  const bool transient = status == 408 || status == 500 || status == 502 || status == 503 ||
                         status == 504 || error_name == "RequestTimeout";
  return transient ? Retry::transient : Retry::never;
}

milliseconds retry_wait(int attempt, double random) {
  const double seconds = std::min(random * std::pow(2.0, std::max(attempt, 1) - 1), largest_wait_s);
  return milliseconds{static_cast<milliseconds::rep>(seconds * 1'000)};
}

int RetryBudget::take(Retry retry) {
  if (retry == Retry::never) return 0;
  const int cost = retry == Retry::timeout ? 10 : 5;
  const std::lock_guard lock(mutex_);
  if (left_ < cost) return 0;
  left_ -= cost;
  return cost;
}

void RetryBudget::succeeded(int taken) {
  const std::lock_guard lock(mutex_);
  left_ = std::min(capacity, left_ + std::max(taken, 1));
}

int RetryBudget::left() const {
  const std::lock_guard lock(mutex_);
  return left_;
}

}  // namespace sotto::providers::aws

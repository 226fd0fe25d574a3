#pragma once

#include <mutex>
#include <string_view>

#include "base/session_time.hpp"

namespace sotto::providers::aws {

/// Retries as AWS's own SDKs make them in standard mode (AWS SDKs and Tools Reference Guide, "Retry
/// behavior"): up to three attempts, full jitter, and a budget of tokens that ends them while most
/// calls fail.
enum class Retry {
  never,      ///< it would fail again
  transient,  ///< a 5xx, a broken connection
  timeout,    ///< no answer in time: twice as dear
  throttled,  ///< too many requests
};

/// What an error's name (as error_name() gives it) and status are worth: throttling by the names
/// that the guide lists, or 429; transient by RequestTimeout, 408, and 500, 502, 503, 504.
Retry retry_for(int status, std::string_view error_name);

/// How long to wait before attempt number `attempt` + 1 (`attempt` counts from 1):
/// random * 2^(attempt - 1) s, at most 20 s. `random` is in [0, 1).
milliseconds retry_wait(int attempt, double random);

/// A budget of 500 tokens; a retry takes 5, after a timeout 10. A call that succeeds gives back
/// what its last retry took, or 1. Thread-safe.
class RetryBudget {
 public:
  static constexpr int capacity = 500;

  /// Takes the tokens for one retry: how many, or 0 where too few are left.
  int take(Retry retry);

  /// A call has succeeded; `taken` is what its last retry took, 0 without one.
  void succeeded(int taken);

  int left() const;

 private:
  mutable std::mutex mutex_;
  int left_ = capacity;  // guarded by mutex_
};

}  // namespace sotto::providers::aws

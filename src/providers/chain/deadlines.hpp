#pragma once

#include <functional>
#include <memory>

#include "supervision/circuit_breaker.hpp"

namespace sotto::providers::chain {

/// A clock, and calls at moments of it. Thread-safe.
class Deadlines {
 public:
  /// Waits for a call that is under way; what is still to come is dropped.
  virtual ~Deadlines() = default;

  virtual supervision::SupervisionTime now() const = 0;

  /// Calls `passed` once, at `when` or a little later, from a thread of its own. `passed` must
  /// return quickly.
  virtual void call_at(supervision::SupervisionTime when, std::function<void()> passed) = 0;
};

/// The steady clock, and one thread. Throws std::system_error where the process can have no more.
std::unique_ptr<Deadlines> real_deadlines();

}  // namespace sotto::providers::chain

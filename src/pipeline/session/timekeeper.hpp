#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include <boost/asio/any_io_executor.hpp>

#include "base/session_time.hpp"

namespace sotto::pipeline {

/// A session's clock and its one alarm. now() is thread-safe; wake_at() is called on the session's
/// strand.
class Timekeeper {
 public:
  virtual ~Timekeeper() = default;

  /// Time since the session's audio began.
  virtual SessionTime now() const = 0;

  /// Calls `wake` once at `when` or a little later, in place of any earlier request.
  virtual void wake_at(SessionTime when, std::function<void()> wake) = 0;

  /// Withdraws the request, if there is one.
  virtual void cancel() = 0;
};

/// Real time from now on; wakes on `executor`, which is the session's strand.
std::unique_ptr<Timekeeper> real_time(boost::asio::any_io_executor executor);

/// Time that stands still until told to move, for recordings played faster than real time and for
/// tests. Thread-safe.
class ManualTimekeeper : public Timekeeper {
 public:
  SessionTime now() const override;
  void wake_at(SessionTime when, std::function<void()> wake) override;
  void cancel() override;

  /// Moves on to `to`, or to the alarm if that comes first and then calls it. Returns whether `to`
  /// was reached; if not, call again once the session has done what it was woken for.
  bool advance_to(SessionTime to);

 private:
  mutable std::mutex mutex_;
  SessionTime now_{};
  std::optional<SessionTime> alarm_;
  std::function<void()> wake_;
};

}  // namespace sotto::pipeline

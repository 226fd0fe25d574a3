#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace sotto::server {

/// The place of a session's speaker: one connection at a time, the last that has the right. Who
/// takes it from another connection ends that one. Thread-safe.
class SpeakerSeat {
 public:
  using Clock = std::chrono::steady_clock;
  using Ticket = std::uint64_t;  ///< of one connection; 0 is nobody's

  /// Takes the seat. `taken_over` is called once if another connection takes it; it must not use
  /// the seat.
  Ticket take(std::function<void()> taken_over) {
    std::function<void()> before;
    Ticket ticket = 0;
    {
      const std::lock_guard lock(mutex_);
      before = std::exchange(taken_over_, std::move(taken_over));
      ticket = ++last_;
      holder_ = ticket;
    }
    if (before) before();
    return ticket;
  }

  /// Leaves it; nothing if another connection has it.
  void leave(Ticket ticket) {
    const std::lock_guard lock(mutex_);
    if (holder_ != ticket) return;
    holder_ = 0;
    taken_over_ = nullptr;
  }

  bool taken() const { return holder_ != 0; }
  bool has(Ticket ticket) const { return ticket != 0 && holder_ == ticket; }

  /// Does `work` with audio that came, if that connection has the seat: nobody takes it meanwhile,
  /// so whoever takes it next finds all of it counted. False: it has not, and nothing is done.
  template <class Work>
  bool speaks(Ticket ticket, Work work) {
    const std::lock_guard lock(mutex_);
    if (!has(ticket)) return false;
    heard_ = Clock::now().time_since_epoch().count();
    work();
    return true;
  }

  /// When audio came last; the clock's epoch before the first.
  Clock::time_point heard() const { return Clock::time_point(Clock::duration(heard_.load())); }

  /// Samples at 16 kHz, of all connections together; those that a killed process had and had not
  /// settled, and those that the speaker's client has lost, count as the talk goes on.
  std::atomic<std::uint64_t> received{0}, dropped{0};

 private:
  std::atomic<Ticket> holder_{0};
  std::atomic<Clock::rep> heard_{0};

  std::mutex mutex_;  ///< guards changes of holder_, and:
  Ticket last_ = 0;
  std::function<void()> taken_over_;
};

}  // namespace sotto::server

#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace sotto::supervision {

class Turns;

/// Somebody with work to do, a small piece at a time.
class TurnTaker {
 public:
  virtual ~TurnTaker() = default;

  /// Does the next piece and tells whether another one is ready. One call at a time; must not
  /// throw.
  virtual bool take_turn() = 0;

 private:
  friend class Turns;
  enum class State : std::uint8_t { idle, waiting, running };
  // All guarded by Turns::mutex_.
  State state_ = State::idle;
  bool again_ = false;    // became ready while running
  bool retired_ = false;  // gets no more turns
};

/// A few threads that give every waiting taker one turn after the other, round robin: a talker who
/// is far behind cannot hold up one who is in step. Thread-safe. Its takers retire before it ends.
class Turns {
 public:
  /// Starts `threads` threads, at least one.
  explicit Turns(std::size_t threads);
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// Puts `taker` in line, once; while it has a turn, for one more after it.
  void ready(TurnTaker& taker);

  /// Takes `taker` out of the line for good and waits for a turn under way. Never call it from a
  /// turn.
  void retire(TurnTaker& taker);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable work_ready_;
  std::condition_variable turn_over_;
  std::deque<TurnTaker*> line_;  // guarded by mutex_
  bool stopping_ = false;        // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace sotto::supervision

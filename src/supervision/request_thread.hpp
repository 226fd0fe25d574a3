#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/bounded_queue.hpp"
#include "base/result.hpp"
#include "base/session_time.hpp"
#include "supervision/child_process.hpp"
#include "supervision/waiting.hpp"

namespace sotto::supervision {

/// What poll() finds readable from signal() to drain(). Thread-safe.
class Event {
 public:
  /// Throws std::system_error where the process has no descriptor left.
  Event();

  void signal() const;
  void drain() const;
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

/// What ended a wait, if it was not a request or the end of the thread.
struct Woken {
  bool timed_out = false;
  bool other = false;
};

/// Waits for one of two events, the second of which it drains; see RequestThread::wait().
Woken wait_for_event(const Event& stop, const Event& wake, int other,
                     std::optional<milliseconds> limit);

/// Why a request was not taken.
enum class Refusal { full, no_thread, stopped };

/// A refusal for people: `resource_exhausted` or, when stopped, `unavailable`. `max_queued` is the
/// queue's bound, `engine` what the requests are for.
Error refusal_error(Refusal refusal, std::size_t max_queued, std::string_view engine);

/// The requests to one engine and the thread that serves them: a bounded queue that wakes a thread
/// which waits in poll(). The thread begins with the first request and ends only when asked to.
template <class Request>
class RequestThread {
 public:
  struct Refused {
    Request request;
    Refusal reason;
  };

  /// `max_queued` must be at least 1. Throws as Event does.
  explicit RequestThread(std::size_t max_queued) : queue_(max_queued) {}

  /// The thread uses its owner's members, so the owner joins it before they are destroyed.
  ~RequestThread() { join(); }

  RequestThread(const RequestThread&) = delete;
  RequestThread& operator=(const RequestThread&) = delete;

  /// Queues `request`, or hands it back. The first one starts the thread, which runs `body`: serve
  /// what next() has, and at the end answer all that take_open() has. Thread-safe.
  template <class Body>
  std::optional<Refused> submit(Request request, Body body) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return Refused{std::move(request), Refusal::stopped};
      if (!thread_.joinable()) {
        try {
          thread_ = std::thread(std::move(body));
        } catch (const std::system_error&) {
          return Refused{std::move(request), Refusal::no_thread};
        }
      }
      if (auto back = queue_.push(std::move(request))) {
        return Refused{std::move(*back), Refusal::full};
      }
    }
    wake_.signal();
    return std::nullopt;
  }

  /// Asks the thread to end, without waiting for it. Nothing more is queued. Thread-safe.
  void request_stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.signal();
  }

  /// Asks the thread to end and waits until it has. For one thread, not this one.
  void join() {
    request_stop();
    if (thread_.joinable()) thread_.join();
  }

  bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  /// The oldest request, or nothing: none is there, or the thread is to end.
  std::optional<Request> take() {
    const std::lock_guard lock(mutex_);
    if (stopping_) return std::nullopt;
    return queue_.pop();
  }

  /// The next request; nothing once the thread is to end. While there is none, calls `idle` again
  /// and again, which is to wait().
  template <class Idle>
  std::optional<Request> next(Idle idle) {
    while (!stopping()) {
      if (auto request = take()) return request;
      idle();
    }
    return std::nullopt;
  }
  /// The same, with no other thing to wait for.
  std::optional<Request> next() {
    return next([this] { wait(); });
  }

  /// Waits until a request was queued, the thread is to end, `other` is readable or closed (-1:
  /// nothing else is waited for), or `limit` is over. For the requests' thread.
  Woken wait(int other = -1, std::optional<milliseconds> limit = std::nullopt) const {
    return wait_for_event(stop_, wake_, other, limit);
  }

  /// The oldest request, also when stopping.
  std::optional<Request> take_open() {
    const std::lock_guard lock(mutex_);
    return queue_.pop();
  }

  /// Readable for good once the thread is to end.
  int stop_fd() const { return stop_.fd(); }

  /// Waits for at most `wait`; whether the thread is to end.
  bool stop_seen_within(milliseconds wait) const { return readable_within(stop_.fd(), wait); }

 private:
  const Event stop_;
  const Event wake_;
  mutable std::mutex mutex_;
  BoundedQueue<Request> queue_;  // guarded by mutex_
  bool stopping_ = false;        // guarded by mutex_
  std::thread thread_;           // guarded by mutex_ until stopping_
};

}  // namespace sotto::supervision

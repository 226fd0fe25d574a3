#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "supervision/request_thread.hpp"

namespace sotto::supervision {

/// A bounded queue of blocking calls, and a thread that executes them one after the other. The
/// thread starts with the first call. Thread-safe; must not be destroyed from a completion.
template <class Answer>
class SerialExecutor {
 public:
  using Completion = std::function<void(Result<Answer>)>;
  using Work = std::function<Result<Answer>()>;

  /// `most` must be at least 1. Throws std::system_error where the process has no descriptor left.
  SerialExecutor(std::size_t most, std::string service)
      : most_(most), service_(std::move(service)), requests_(most) {}
  ~SerialExecutor() { stop(); }
  SerialExecutor(const SerialExecutor&) = delete;
  SerialExecutor& operator=(const SerialExecutor&) = delete;

  /// Answers `done` exactly once: from the thread, in order, or at once with `resource_exhausted`
  /// where too many wait and `unavailable` after stop().
  void submit(Work work, Completion done) {
    auto refused = requests_.submit({std::move(work), std::move(done)}, [this] { run(); });
    if (refused) refused->request.done(refusal(refused->reason));
  }

  /// Answers what waits with `unavailable`, and waits for a call that is under way.
  void stop() { requests_.join(); }

 private:
  struct Task {
    Work work;
    Completion done;
  };

  Result<Answer> stopped_error() const {
    return fail(ErrorCode::unavailable, service_ + " is asked no more: shutting down");
  }

  Result<Answer> refusal(supervision::Refusal reason) const {
    if (reason == supervision::Refusal::stopped) return stopped_error();
    if (reason == supervision::Refusal::full)
      return fail(ErrorCode::resource_exhausted,
                  std::to_string(most_) + " requests wait for " + service_ + "; try again later");
    return tl::unexpected(supervision::refusal_error(reason, most_, service_));
  }

  void run() {
    while (auto task = requests_.next()) task->done(task->work());
    while (auto task = requests_.take_open()) task->done(stopped_error());
  }

  const std::size_t most_;
  const std::string service_;
  supervision::RequestThread<Task> requests_;  // synchronises itself; last: it uses the rest
};

}  // namespace sotto::supervision

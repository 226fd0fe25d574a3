#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.hpp"
#include "ports/translator.hpp"
#include "providers/apertium/circuit_breaker.hpp"
#include "providers/apertium/pipeline.hpp"
#include "providers/apertium/settings.hpp"
#include "providers/apertium/text.hpp"

namespace sotto::providers::apertium {

/// Where a worker's pipeline comes from.
struct PipelineSource {
  std::string mode_program;  ///< absolute path
  std::string mode_file;
  std::vector<std::string> environment;
};

/// One pair: its bounded queue, its thread, its pipeline and that pipeline's supervision. Thread
/// and pipeline begin with the first request.
class PairWorker {
 public:
  PairWorker(const Settings& settings, PipelineSource source);

  /// Ends thread and processes; what is open is answered with `unavailable`.
  ~PairWorker();

  PairWorker(const PairWorker&) = delete;
  PairWorker& operator=(const PairWorker&) = delete;

  /// Queues a request; `done` gets `resource_exhausted` here and now when the queue is full.
  /// Thread-safe.
  void submit(PreparedText text, ports::Translator::Completion done);

  /// Asks the thread to end without waiting for it: several workers then end side by side.
  void request_stop();

  /// The running pipeline's process group. Thread-safe.
  std::optional<pid_t> process_group() const;

 private:
  struct Request {
    PreparedText text;
    ports::Translator::Completion done;
  };

  void run();
  std::optional<Request> next();
  void idle();
  Result<std::string> answer(const PreparedText& text);
  Result<std::string> attempt(const std::string& text);
  Result<> ensure_running(WaitLimit limit);
  void note_failure();
  void drop_pipeline();
  bool stop_seen_within(milliseconds wait) const;

  // Constant after construction.
  const Settings settings_;
  const PipelineSource source_;
  const UniqueFd stop_;  ///< readable for good once the worker is to end
  const UniqueFd wake_;  ///< readable when a request was queued

  std::mutex mutex_;
  BoundedQueue<Request> queue_;  // guarded by mutex_
  std::thread thread_;           // guarded by mutex_ until request_stop()
  bool stopping_ = false;        // guarded by mutex_

  std::atomic<pid_t> group_{0};

  // The worker thread's own.
  std::optional<Pipeline> pipeline_;
  std::string command_;
  BackOff back_off_;
  CircuitBreaker breaker_;
  SupervisionTime start_allowed_at_{};
};

}  // namespace sotto::providers::apertium

#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "ports/translator.hpp"
#include "providers/bergamot/settings.hpp"
#include "providers/bergamot/text.hpp"
#include "providers/bergamot/worker_process.hpp"
#include "supervision/circuit_breaker.hpp"
#include "supervision/request_thread.hpp"

namespace sotto::providers::bergamot {

/// One pair: its bounded queue, its thread, its process and that process's supervision. Thread and
/// process begin with the first request.
class PairWorker {
 public:
  /// Throws std::system_error where the process has no descriptor left.
  PairWorker(const Settings& settings, WorkerProgram program, Route route);

  /// Ends thread and process; what is open is answered with `unavailable`.
  ~PairWorker();

  PairWorker(const PairWorker&) = delete;
  PairWorker& operator=(const PairWorker&) = delete;

  /// Queues a request; `done` gets `resource_exhausted` here and now when the queue is full.
  /// Thread-safe.
  void submit(PreparedText text, ports::Translator::Completion done);

  /// Asks the thread to end without waiting for it: several workers then end side by side.
  void request_stop() { requests_.request_stop(); }

  /// The running process's group. Thread-safe.
  std::optional<pid_t> process_group() const;

 private:
  struct Request {
    PreparedText text;
    ports::Translator::Completion done;
    supervision::SupervisionTime submitted;
  };

  /// What came of an attempt. Not every error is the process's fault.
  struct Attempt {
    Result<std::string> result;
    bool engine_failed = false;
  };

  void run();
  void idle();
  Result<std::string> answer(const Request& request);
  Attempt attempt(const std::string& text);
  Attempt ensure_started(supervision::SupervisionTime deadline);
  Attempt wait_until_loaded(supervision::SupervisionTime deadline);
  void note_failure();
  void drop_process();

  // Constant after construction.
  const Settings settings_;
  const WorkerProgram program_;
  const Route route_;

  supervision::RequestThread<Request> requests_;  // synchronises itself
  std::atomic<pid_t> group_{0};

  // The requests' thread's own.
  std::optional<WorkerProcess> process_;
  bool loaded_ = false;  // whether the process is ready
  supervision::SupervisionTime started_at_{};
  supervision::BackOff back_off_;
  supervision::CircuitBreaker breaker_;
  bool trying_ = false;  // whether the breaker allowed a try whose end it has not been told yet
  supervision::SupervisionTime start_allowed_at_{};
};

}  // namespace sotto::providers::bergamot

#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "ports/translator.hpp"
#include "providers/apertium/pipeline.hpp"
#include "providers/apertium/settings.hpp"
#include "providers/apertium/text.hpp"
#include "supervision/circuit_breaker.hpp"
#include "supervision/request_thread.hpp"

namespace sotto::providers::apertium {

/// Where a worker's pipeline comes from.
struct PipelineSource {
  std::string mode_program;  ///< absolute path
  std::string mode_file;
  Surroundings surroundings;
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
  void request_stop() { requests_.request_stop(); }

  /// Waits until the thread has ended: nothing calls a completion any more. For one thread.
  void join() { requests_.join(); }

  /// The running pipeline's process group. Thread-safe.
  std::optional<pid_t> process_group() const;

 private:
  struct Request {
    PreparedText text;
    ports::Translator::Completion done;
  };

  void run();
  void idle();
  Result<std::string> answer(const PreparedText& text);
  Result<std::string> attempt(const std::string& text);
  Result<> ensure_running(const supervision::WaitLimit& limit);
  void note_failure();
  void drop_pipeline();

  // Constant after construction.
  const Settings settings_;
  const PipelineSource source_;

  supervision::RequestThread<Request> requests_;  // synchronises itself
  std::atomic<pid_t> group_{0};

  // The requests' thread's own.
  std::optional<Pipeline> pipeline_;
  std::string command_;
  supervision::BackOff back_off_;
  supervision::CircuitBreaker breaker_;
  supervision::SupervisionTime start_allowed_at_{};
};

}  // namespace sotto::providers::apertium

#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "ports/synthesiser.hpp"
#include "providers/espeak/program.hpp"
#include "providers/espeak/settings.hpp"
#include "supervision/circuit_breaker.hpp"
#include "supervision/request_thread.hpp"

namespace sotto::providers::espeak {

/// One language: its bounded queue, its thread, and the speaker that waits for the next text. The
/// thread begins with the first request; the speaker is there after the first answer.
class VoiceWorker {
 public:
  /// Throws std::system_error where the process has no descriptor left.
  VoiceWorker(const Settings& settings, Program program, std::string voice_file);

  /// Ends thread and process; what is open is answered with `unavailable`.
  ~VoiceWorker() { join(); }

  VoiceWorker(const VoiceWorker&) = delete;
  VoiceWorker& operator=(const VoiceWorker&) = delete;

  /// Queues a prepared text; `done` gets `resource_exhausted` here and now when the queue is full.
  /// Thread-safe.
  void submit(std::string text, ports::Synthesiser::Completion done);

  /// Asks the thread to end without waiting for it: several workers then end side by side.
  void request_stop() { requests_.request_stop(); }

  /// Waits until the thread has ended and everything is answered.
  void join() { requests_.join(); }

  /// The process group of the speaker that waits or speaks. Thread-safe.
  std::optional<pid_t> process_group() const;

 private:
  struct Request {
    std::string text;
    ports::Synthesiser::Completion done;
  };

  void run();
  void idle();
  Result<ports::SpokenAudio> answer(const std::string& text);
  Result<ports::SpokenAudio> attempt(const std::string& text, const supervision::WaitLimit& limit);
  Result<> start_speaker();
  void drop_speaker();
  void note_success();
  void note_failure();

  // Constant after construction.
  const Settings settings_;
  const Program program_;
  const std::string voice_file_;

  supervision::RequestThread<Request> requests_;  // synchronises itself
  std::atomic<pid_t> group_{0};

  // The requests' thread's own.
  std::optional<Speaker> speaker_;
  bool replaced_when_idle_ = false;  ///< since the last answer
  supervision::SupervisionTime idle_since_{};
  supervision::BackOff back_off_;
  supervision::CircuitBreaker breaker_;
  supervision::SupervisionTime start_allowed_at_{};
};

}  // namespace sotto::providers::espeak

#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "ports/synthesiser.hpp"
#include "providers/espeak/program.hpp"
#include "providers/sherpa/settings.hpp"
#include "providers/sherpa/voice_files.hpp"
#include "providers/sherpa/voice_process.hpp"
#include "supervision/circuit_breaker.hpp"
#include "supervision/request_thread.hpp"

namespace sotto::providers::sherpa {

/// One language: its bounded queue, its thread, and the process with its voice. Both begin with the
/// first request. What the voice cannot say in time, Settings::otherwise says, in the same order.
class SpeakingThread {
 public:
  /// Throws std::system_error where the process has no descriptor left.
  SpeakingThread(const Settings& settings, VoiceFiles voice, espeak::Program espeak);
  ~SpeakingThread() { join(); }

  SpeakingThread(const SpeakingThread&) = delete;
  SpeakingThread& operator=(const SpeakingThread&) = delete;

  /// Queues a prepared text; `done` gets `resource_exhausted` here and now when the queue is full.
  /// Thread-safe.
  void submit(std::string text, ports::Synthesiser::Completion done);

  /// Asks the thread to end without waiting for it.
  void request_stop() { requests_.request_stop(); }

  /// Waits until the thread has ended and everything is answered.
  void join() { requests_.join(); }

  /// Whether the voice speaks, rather than Settings::otherwise. Thread-safe.
  bool voice_speaks() const { return voice_speaks_; }

  /// The process group of the voice. Thread-safe.
  std::optional<pid_t> process_group() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Request {
    std::string text;
    ports::Synthesiser::Completion done;
    Clock::time_point since;
  };

  void run();
  void idle();
  Result<ports::SpokenAudio> answer(const Request& request);
  Result<ports::SpokenAudio> attempt(const std::string& text, const supervision::WaitLimit& limit);
  Result<ports::SpokenAudio> otherwise(const std::string& text, Error why);
  Result<> start_process();
  void start_ahead();
  void drop_process();
  void note_success();
  void note_failure();

  // Constant after construction.
  const Settings settings_;
  const VoiceFiles voice_;
  const espeak::Program espeak_;

  supervision::RequestThread<Request> requests_;  // synchronises itself
  std::atomic<pid_t> group_{0};
  std::atomic<bool> voice_speaks_{true};

  // The requests' thread's own.
  std::optional<VoiceProcess> process_;
  Clock::time_point idle_since_{};
  Clock::time_point started_at_{};
  Clock::time_point start_allowed_at_{};
  bool was_late_ = false;  ///< the last speech took too long to make
  supervision::BackOff back_off_;
  supervision::CircuitBreaker breaker_;
};

}  // namespace sotto::providers::sherpa

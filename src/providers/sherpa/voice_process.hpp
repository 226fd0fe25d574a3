#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ports/synthesiser.hpp"
#include "providers/sherpa/settings.hpp"
#include "providers/sherpa/voice_files.hpp"
#include "supervision/child_process.hpp"
#include "supervision/waiting.hpp"

namespace sotto::providers::sherpa {

/// What messages call it.
inline constexpr std::string_view engine = "the neural voice";

/// A voice's process and the pipes to it. Not thread-safe; the thread that started it must outlive
/// it and have SIGPIPE blocked. After an error it is of no more use, except after
/// `invalid_argument`.
class VoiceProcess {
 public:
  /// Starts a process, which loads the voice while this returns. Errors: `unavailable`.
  static Result<VoiceProcess> start(const Settings& settings, const VoiceFiles& voice);

  /// Waits until the voice is loaded; at once where it is. Errors: `deadline_exceeded`;
  /// `unavailable` where it cannot be loaded, which the message explains, and when `limit.stop_fd`
  /// said stop.
  Result<> wait_ready(const supervision::WaitLimit& limit);

  /// Speaks sentences of phonemes, after wait_ready(). Errors: as that; `invalid_argument` where
  /// the voice made nothing of them.
  Result<ports::SpokenAudio> speak(const std::vector<std::string>& sentences,
                                   const supervision::WaitLimit& limit);

  /// Hz, after wait_ready().
  int sample_rate() const { return sample_rate_; }

  /// Readable between two texts where the process has ended, or has become ready.
  int output() const { return process_.output(); }

  /// Reads what has come between two texts. False where the process is of no more use.
  bool look();

  pid_t group() const { return process_.group(); }

 private:
  explicit VoiceProcess(supervision::ChildProcess process) : process_(std::move(process)) {}

  Result<bool> take_ready();

  supervision::ChildProcess process_;
  std::string received_;
  int sample_rate_ = 0;  ///< 0 until it is ready
};

}  // namespace sotto::providers::sherpa

#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ports/synthesiser.hpp"
#include "providers/espeak/voices.hpp"
#include "supervision/child_process.hpp"
#include "supervision/waiting.hpp"

namespace sotto::providers::espeak {

/// What messages call it.
inline constexpr std::string_view engine = "espeak-ng";

/// How the program is called.
struct Program {
  std::string path;                      ///< absolute
  std::vector<std::string> environment;  ///< all of it
  int words_per_minute = 175;
  supervision::Confinement confinement = {};
};

/// The program at `path`, with as little environment as it needs: it asks PulseAudio whether it
/// runs although nothing is played, and would read and write the user's files for that, so it is
/// sent to /dev/null.
Program program_at(std::string path, int words_per_minute);

/// The voices the program has. Takes about 25 ms. Errors: `not_found` (none, or it fails),
/// `deadline_exceeded`, `permission_denied` and `resource_exhausted` as ChildProcess::start().
Result<Voices> list_voices(const Program& program, const supervision::WaitLimit& limit);

/// One espeak-ng process, good for one text: it initialises (15 ms), waits for its stdin's end, and
/// writes the speech. strace shows that the voice's files are read before the first read of stdin.
/// Not thread-safe; the thread that started it must outlive it and have SIGPIPE blocked.
class Speaker {
 public:
  /// Starts a process for the voice in `voice_file`; it is still initialising when this returns.
  /// Errors: `unavailable`.
  static Result<Speaker> start(const Program& program, const std::string& voice_file);

  /// Speaks a prepared text; afterwards the speaker is of no more use. Errors: `deadline_exceeded`;
  /// `invalid_argument` where the speech is longer than `longest`; `unavailable` where the process
  /// failed or wrote something else than speech, and when `limit.stop_fd` said stop.
  Result<ports::SpokenAudio> speak(std::string_view text, milliseconds longest,
                                   const supervision::WaitLimit& limit);

  /// Whether it still waits for its text.
  bool waits() const { return !supervision::readable_within(output(), milliseconds{0}); }

  pid_t group() const { return process_.group(); }

  /// Readable before speak() only when the process has ended.
  int output() const { return process_.output(); }

 private:
  explicit Speaker(supervision::ChildProcess process) : process_(std::move(process)) {}

  supervision::ChildProcess process_;
};

}  // namespace sotto::providers::espeak
